"""Random lives of jobs against a model of a few lines, with a recount of all tables after every step."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from datastore import Datastore
from datastore.database import Database
from datastore.engines import connect
from datastore.schema import jobs
from dpip import ids
from dpip.domain import ClaimedJob, Failure, JobState, Outcome
from dpip.errors import Conflict, Fenced, NotFound
from dpip.job_life import (
    Cancelled,
    Claimed,
    Event,
    Failed,
    JobLife,
    LeaderChanged,
    Released,
    Renewed,
    Replayed,
    Resumed,
    Succeeded,
    TimePassed,
    after,
)
from tests.datastore.invariants import check_tables
from tests.datastore.making import NOW, add, claim, failure, new_workload, success

MAX_ATTEMPTS = 3
NAMES = ("one", "two", "three")
picks = st.integers(0, 1_000_000)


@dataclass
class Modelled:
    """What a job should look like: `dpip.job_life` says what each event makes of it."""

    life: JobLife = field(default_factory=JobLife)
    ended_by: Outcome | None = None  # what ended its newest attempt, when that was an outcome

    @property
    def state(self) -> JobState:
        return self.life.state

    @property
    def attempt(self) -> int:
        return self.life.attempt

    def meet(self, event: Event) -> bool:
        """True when it made a difference."""
        before, self.life = self.life, after(self.life, event)
        return self.life != before


class JobLives(RuleBasedStateMachine):
    store: Datastore
    database: Database

    def __init__(self) -> None:
        super().__init__()
        for workload in self.store.catalog.workloads(None).items:
            self.store.catalog.delete_workload(workload.id)
        self.now = NOW
        self.epoch = self._take()
        self.former: list[int] = []
        self.jobs: dict[str, Modelled] = {}
        self.workloads: dict[str, tuple[str, bool]] = {}  # name -> (id, cancelled)
        self.claims: list[ClaimedJob] = []  # every one there ever was
        self.said: list[Outcome] = []

    def _take(self) -> int:
        epoch = self.store.leadership.take("scheduler", self.now, self.now + 1e9)
        assert epoch is not None
        return epoch

    def _jobs_of(self, workload_id: str) -> list[Modelled]:
        return [job for job_id, job in self.jobs.items() if job_id.startswith(f"{workload_id}-")]

    @rule(pick=picks)
    def make_workload(self, pick: int) -> None:
        name = NAMES[pick % len(NAMES)]
        if name in self.workloads:
            with pytest.raises(Conflict):
                new_workload(self.store, name)
        else:
            self.workloads[name] = (new_workload(self.store, name).id, False)

    @precondition(lambda self: self.workloads)
    @rule(pick=picks, count=st.integers(1, 3))
    def upload(self, pick: int, count: int) -> None:
        workload_id, cancelled = list(self.workloads.values())[pick % len(self.workloads)]
        if cancelled:
            with pytest.raises(Conflict):
                add(self.store, workload_id)
        else:
            self.jobs |= {image.id: Modelled() for image in add(self.store, workload_id, count)}

    @rule(count=st.integers(1, 4), term=st.integers(1, 5))
    def claim_some(self, count: int, term: int) -> None:
        candidates = [job.id for job in self.store.queue.candidates(count, count, frozenset())]
        queued = [job_id for job_id, job in self.jobs.items() if job.state is JobState.QUEUED]
        assert len(candidates) == min(count, len(queued))
        assert set(candidates) <= set(queued)
        self._claim(candidates, self.now + term)

    @precondition(lambda self: self.jobs)
    @rule(pick=picks)
    def claim_any(self, pick: int) -> None:
        self._claim([list(self.jobs)[pick % len(self.jobs)]], self.now + 2)

    def _claim(self, job_ids: list[str], lease: float) -> None:
        claimed = claim(self.store, job_ids, self.epoch, lease=lease)
        assert [one.job.id for one in claimed] == [
            job_id for job_id in job_ids if self.jobs[job_id].state is JobState.QUEUED
        ]
        for one in claimed:
            job = self.jobs[one.job.id]
            assert one.attempt == job.attempt + 1
            assert one.job.deaths == job.life.deaths
            assert job.meet(Claimed(self.epoch, lease))
            job.ended_by = None
        self.claims += claimed

    @precondition(lambda self: self.former)
    @rule(pick=picks)
    def claim_as_former_leader(self, pick: int) -> None:
        with pytest.raises(Fenced):
            claim(self.store, list(self.jobs)[:2], self.former[pick % len(self.former)])

    @precondition(lambda self: self.claims)
    @rule(
        chosen=st.lists(st.tuples(picks, st.sampled_from(["good", "bad", "again"])), min_size=1, max_size=4)
    )
    def finish(self, chosen: list[tuple[int, str]]) -> None:
        """Of any attempt that there ever was: current, late or long over."""
        outcomes = []
        for pick, how in chosen:
            claimed = self.claims[pick % len(self.claims)]
            outcomes.append(
                success(claimed) if how == "good" else failure(claimed, retryable=how == "again", kind=how)
            )
        self._finish(outcomes)

    @rule(how=st.sampled_from(["good", "bad", "again"]), times=st.integers(1, MAX_ATTEMPTS))
    def live_through(self, how: str, times: int) -> None:
        """Attempts that end as they should, one after another."""
        for _ in range(times):
            following = [job.id for job in self.store.queue.candidates(1, 1, frozenset())]
            self._claim(following, self.now + 5)
            for claimed in self.claims[-1:] if following else []:
                retryable = how == "again"
                good = success(claimed)
                self._finish([good if how == "good" else failure(claimed, retryable=retryable, kind=how)])

    @precondition(lambda self: self.said)
    @rule(pick=picks)
    def say_again(self, pick: int) -> None:
        self._finish([self.said[pick % len(self.said)]])

    def _finish(self, outcomes: list[Outcome]) -> None:
        expected = [self._expect(outcome) for outcome in outcomes]
        assert list(self.store.queue.finish(outcomes, self.now, MAX_ATTEMPTS)) == expected
        self.said += outcomes

    def _expect(self, outcome: Outcome) -> bool:
        job = self.jobs.get(outcome.job_id)
        if job is None or job.attempt != outcome.attempt:
            return False
        if job.state is not JobState.RUNNING:
            return job.ended_by == outcome
        failure = outcome.result if isinstance(outcome.result, Failure) else None
        ended = (
            Failed(outcome.attempt, failure.retryable, MAX_ATTEMPTS)
            if failure
            else Succeeded(outcome.attempt)
        )
        job.ended_by = outcome
        return job.meet(ended)

    @precondition(lambda self: self.claims)
    @rule(pick=picks, died=st.booleans())
    def release(self, pick: int, died: bool) -> None:
        claimed = self.claims[pick % len(self.claims)]
        job = self.jobs.get(claimed.job.id)
        current = job is not None and job.meet(Released(claimed.attempt, int(died)))
        pair = (claimed.job.id, claimed.attempt)
        assert self.store.queue.release([pair], died=died, now=self.now) == int(current)

    @precondition(lambda self: self.claims)
    @rule(pick=picks)
    def renew(self, pick: int) -> None:
        claimed = self.claims[pick % len(self.claims)]
        self.store.queue.renew([(claimed.job.id, claimed.attempt)], self.now + 4)
        job = self.jobs.get(claimed.job.id)
        if job:
            job.meet(Renewed(claimed.attempt, self.now + 4))

    @rule(seconds=st.integers(1, 3))
    def expire(self, seconds: int) -> None:
        self.now += seconds
        expired = [job.meet(TimePassed(self.now)) for job in self.jobs.values()]
        assert self.store.queue.release_expired(self.now) == sum(expired)

    @rule()
    def change_leader(self) -> None:
        self.former.append(self.epoch)
        self.epoch = self._take()
        assert self.epoch > self.former[-1]
        old = [job.meet(LeaderChanged(self.epoch)) for job in self.jobs.values()]
        assert self.store.queue.release_before_epoch(self.epoch, self.now) == sum(old)

    @precondition(lambda self: self.workloads)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        name = list(self.workloads)[pick % len(self.workloads)]
        workload_id, _ = self.workloads[name]
        assert self.store.catalog.cancel_workload(workload_id, self.now) is not None
        self.workloads[name] = (workload_id, True)
        for job in self._jobs_of(workload_id):
            if job.meet(Cancelled()):
                job.ended_by = None

    @precondition(lambda self: self.workloads)
    @rule(pick=picks)
    def resume(self, pick: int) -> None:
        name = list(self.workloads)[pick % len(self.workloads)]
        workload_id, cancelled = self.workloads[name]
        assert self.store.catalog.resume_workload(workload_id, self.now) is not None
        self.workloads[name] = (workload_id, False)
        for job in self._jobs_of(workload_id) if cancelled else ():
            if job.meet(Resumed()):
                job.ended_by = None

    @precondition(lambda self: self.workloads)
    @rule(pick=picks, which=st.none() | picks)
    def replay(self, pick: int, which: int | None) -> None:
        """One job, be it failed or not, or all that failed."""
        workload_id, cancelled = list(self.workloads.values())[pick % len(self.workloads)]
        found = {i: job for i, job in self.jobs.items() if i.startswith(f"{workload_id}-")}
        job_id = None if which is None or not found else list(found)[which % len(found)]
        if cancelled:
            with pytest.raises(Conflict):
                self.store.catalog.replay(workload_id, self.now, job_id=job_id)
            return
        failed = [job for i, job in found.items() if job_id in {None, i} and job.state is JobState.FAILED]
        assert self.store.catalog.replay(workload_id, self.now, job_id=job_id) == len(failed)
        for job in failed:
            assert job.meet(Replayed())
            job.ended_by = None

    @precondition(lambda self: self.jobs)
    @rule(pick=picks)
    def delete_image(self, pick: int) -> None:
        job_id = list(self.jobs)[pick % len(self.jobs)]
        keys = self.store.catalog.delete_original(job_id, self.now)
        assert keys is not None
        assert len(keys) == 1 + (self.jobs.pop(job_id).state is JobState.DONE)
        assert self.store.catalog.delete_original(job_id, self.now) is None

    @precondition(lambda self: self.workloads)
    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        name = list(self.workloads)[pick % len(self.workloads)]
        workload_id, _ = self.workloads.pop(name)
        keys = self.store.catalog.delete_workload(workload_id)
        gone = self._jobs_of(workload_id)
        assert keys is not None
        assert len(keys) == len(gone) + sum(job.state is JobState.DONE for job in gone)
        self.jobs = {i: job for i, job in self.jobs.items() if not i.startswith(f"{workload_id}-")}
        with pytest.raises(NotFound):
            add(self.store, workload_id)

    @invariant()
    def tables_hold_together(self) -> None:
        with self.database.read() as connection:
            check_tables(connection)
            found = connection.execute(select(jobs.c.id, jobs.c.state, jobs.c.attempt, jobs.c.deaths))
            assert {row.id: tuple(row)[1:] for row in found} == {
                job_id: (job.state, job.attempt, job.life.deaths) for job_id, job in self.jobs.items()
            }

    @invariant()
    def the_model_is_what_is_there(self) -> None:
        running = {(i, job.attempt) for i, job in self.jobs.items() if job.state is JobState.RUNNING}
        assert {(job_id, attempt) for job_id, attempt, _ in self.store.queue.running()} == running
        for workload_id, cancelled in self.workloads.values():
            workload = self.store.catalog.workload(workload_id, None)
            assert workload is not None
            states = [job.state for job in self._jobs_of(workload_id)]
            counted = (workload.queued, workload.running, workload.done, workload.failed)
            assert counted == tuple(states.count(state) for state in JobState)
            assert (workload.cancelled_at is not None) == cancelled
            done = [i for i, job in self.jobs.items() if job.state is JobState.DONE]
            filtered = [ids.filtered_id(i) for i in done if i.startswith(f"{workload_id}-")]
            assert self.store.catalog.filtered_ids([workload_id]) == {workload_id: filtered}


def test_random_lives_of_jobs(store: Datastore, url: str) -> None:
    database = connect(url)
    examples = 40 if url.startswith("sqlite") else 15
    machine = type("JobLivesHere", (JobLives,), {"store": store, "database": database})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
    finally:
        database.close()
