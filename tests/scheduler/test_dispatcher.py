"""The dispatcher over a real datastore, with workers that pretend. Time is a number that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datastore import Datastore, migrate, open_datastore
from dpip.domain import (
    Failure,
    ImageFacts,
    JobState,
    Load,
    Machine,
    Needs,
    Outcome,
    Role,
    User,
    Worker,
    WorkerState,
    Workload,
    WorkloadStatus,
)
from dpip.errors import Fenced, NotReady
from dpip.ids import filtered_id
from dpip.ports import NewOriginal, Report
from scheduler.dispatcher import Dispatcher, DispatchLimits, Hint
from scheduler.gateway import CallOutcomes, Event
from scheduler.simulated import SimulatedGateway

GIB = 2**30
START = 1000.0
LIMITS = DispatchLimits(lease_s=60.0, poll_s=0.0, max_attempts=3)


class World:
    """A datastore with one user, a clock, and a dispatcher over simulated workers."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'test.sqlite3'}"
        migrate(url)
        self.store: Datastore = open_datastore(url)
        self.now = START
        self.job_s = 1.0
        self.store.accounts.add_user(User("u", "user", "hash", Role.USER))
        self.dispatcher = self.new_dispatcher()

    def _event(self, event: Event) -> None:
        self.dispatcher.tell(event)

    def new_gateway(self) -> SimulatedGateway:
        return SimulatedGateway(self._event, lambda _worker, _job: self.job_s)

    def new_dispatcher(self) -> Dispatcher:
        self.gateway = self.new_gateway()
        epoch = self.store.leadership.take(f"holder-{self.now}", self.now, self.now + 5)
        assert epoch is not None
        self.epoch = epoch
        return Dispatcher(
            self.store.queue, self.store.register, self.gateway, epoch, LIMITS, clock=lambda: self.now
        )

    def worker(self, name: str, tags: tuple[str, ...] = (), cores: int = 2) -> Worker:
        machine = Machine("host", cores, 8 * GIB)
        joined = self.store.register.join(name, tags, machine, f"instance-{name}", self.now)
        self.report(joined)
        return joined

    def report(self, worker: Worker, state: WorkerState = WorkerState.ALIVE, incarnation: int = 1) -> None:
        load = Load(10.0, 8 * GIB, 0)
        self.store.register.record([Report(worker.id, state, incarnation, load, self.now)])

    def workload(self, name: str = "name", tags: tuple[str, ...] = ()) -> str:
        made = Workload(f"id-{name}", name, "u", "grayscale", tags, self.now)
        return self.store.catalog.create_workload(made).id

    def upload(self, workload_id: str, count: int = 1, tags: tuple[str, ...] = ()) -> list[str]:
        facts = ImageFacts("jpeg", 1000, 1000, 5000, "0" * 64)
        new = NewOriginal(workload_id, None, "jpg", facts, Needs(1.0, GIB // 100, tags))
        return [self.store.catalog.add_original(new, lambda _: None, self.now).id for _ in range(count)]

    def step(self) -> None:
        """A moment passes, and the scheduler looks up."""
        self.now += 0.01
        self.gateway.now = max(self.gateway.now, self.now - START)
        self.dispatcher.tell(Hint.WORKERS)
        self.dispatcher.step(0)

    def advance(self) -> bool:
        """Until the next job ends; False when nothing runs."""
        moved = self.gateway.advance()
        self.now = max(self.now, START + self.gateway.now)
        return moved

    def run(self, steps: int = 200) -> None:
        """Until nothing moves any more."""
        for _ in range(steps):
            self.step()
            if not self.advance() and not self.dispatcher.in_flight:
                self.step()
                if not self.dispatcher.in_flight:
                    return
        raise AssertionError("it never came to rest")

    def status(self, workload_id: str) -> Workload:
        found = self.store.catalog.workload(workload_id, None)
        assert found is not None
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def test_uploads_are_placed_run_and_committed_in_order(world: World) -> None:
    world.worker("one")
    workload_id = world.workload()
    originals = world.upload(workload_id, 20)
    assert world.status(workload_id).status is WorkloadStatus.SCHEDULING
    world.step()
    assert world.status(workload_id).status is WorkloadStatus.RUNNING
    world.run()
    assert world.status(workload_id).status is WorkloadStatus.COMPLETED
    expected = [filtered_id(one) for one in originals]
    assert world.store.catalog.filtered_ids([workload_id]) == {workload_id: expected}
    job = world.store.queue.job(originals[0])
    assert job is not None
    assert "one would finish first" in (job.reason or "")


def test_uploads_before_any_worker_wait_for_one(world: World) -> None:
    workload_id = world.workload()
    world.upload(workload_id, 3)
    world.run()
    assert world.status(workload_id).queued == 3
    world.worker("late")
    world.run()
    assert world.status(workload_id).done == 3


def test_what_came_meanwhile_fills_the_cores_with_what_was_left(world: World) -> None:
    world.job_s = 0.1
    world.worker("one")
    workload = world.workload()
    world.upload(workload, 4)
    world.step()
    assert world.dispatcher.in_flight == 3  # one more than there are cores; one is known of, and left
    world.upload(workload, 8)
    world.advance()
    world.advance()
    world.step()
    assert world.status(workload).done == 2
    assert world.dispatcher.in_flight == 3
    world.run()
    assert world.status(workload).done == 12


def test_two_workers_share_the_work(world: World) -> None:
    for name in ("one", "two"):
        world.worker(name)
    world.upload(world.workload(), 40)
    world.run()
    assert set(world.gateway.busy_s.values()) == {20.0}


def test_the_jobs_of_a_worker_that_died_run_elsewhere(world: World) -> None:
    first = world.worker("first")
    workload_id = world.workload()
    originals = world.upload(workload_id, 3)
    world.step()
    assert world.dispatcher.in_flight == 3
    world.gateway.kill(first)
    world.step()
    assert world.status(workload_id).queued == 3, "nothing is placed on an actor that is known to be dead"
    world.report(first, incarnation=2)
    world.run()
    assert world.status(workload_id).done == 3
    for original in originals:
        job = world.store.queue.job(original)
        assert job is not None
        assert job.attempt == 2


def test_a_worker_that_went_silent_loses_its_jobs_and_its_late_results(world: World) -> None:
    silent, other = world.worker("silent"), world.worker("other")
    workload_id = world.workload()
    world.upload(workload_id, 6)
    world.step()
    world.now += 100
    world.report(other)
    lost = world.store.register.mark_lost(world.now, 10.0)
    assert lost == (silent.id,)
    world.run()
    seen = world.status(workload_id)
    assert (seen.done, seen.failed, seen.unfinished) == (6, 0, 0)
    assert len(world.store.catalog.images(workload_id).items) == 12


def test_a_new_scheduler_takes_over_and_the_old_one_is_fenced(world: World) -> None:
    world.worker("one")
    workload_id = world.workload()
    world.upload(workload_id, 5)
    world.step()
    old, late = world.dispatcher, world.gateway
    world.now += 10
    world.dispatcher = world.new_dispatcher()
    world.dispatcher.begin()
    assert late.advance(), "a worker still brings a result to whoever leads now"
    assert world.status(workload_id).running == 0
    world.upload(workload_id, 5)
    world.worker("another")
    old.tell(Hint.WORKERS)
    with pytest.raises(Fenced):
        old.step(0)
    world.run()
    seen = world.status(workload_id)
    assert (seen.done, seen.unfinished) == (10, 0)
    jobs = world.store.queue.jobs(workload_id).items
    assert [job.attempt for job in jobs] == [2] * 3 + [1] * 7, "the late result was refused"


def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_not(world: World) -> None:
    worker = world.worker("one")
    workload_id = world.workload()
    [job_id] = world.upload(workload_id)
    for attempt in (1, 2, 3):
        world.step()
        failure = Failure("storage", "the store is away", retryable=True)
        world.dispatcher.tell(CallOutcomes(attempt, (Outcome(job_id, attempt, worker.id, failure),)))
        world.step()
    job = world.store.queue.job(job_id)
    assert job is not None
    assert (job.state, job.attempt) == (JobState.FAILED, LIMITS.max_attempts)

    [other_id] = world.upload(workload_id)
    world.step()
    failure = Failure("unreadable", "this is no picture")
    world.dispatcher.tell(CallOutcomes(9, (Outcome(other_id, 1, worker.id, failure),)))
    world.step()
    job = world.store.queue.job(other_id)
    assert job is not None
    assert (job.state, job.attempt, job.failure) == (JobState.FAILED, 1, failure)


def test_jobs_of_a_cancelled_workload_are_dropped(world: World) -> None:
    world.worker("one")
    workload_id = world.workload()
    world.upload(workload_id, 10)
    world.step()
    assert world.dispatcher.in_flight
    world.store.catalog.cancel_workload(workload_id, world.now)
    world.dispatcher.tell(Hint.CANCELLED)
    world.step()
    assert world.dispatcher.in_flight == 0
    world.run()
    seen = world.status(workload_id)
    assert (seen.done, seen.failed) == (0, 10)


def test_nobody_waits_behind_a_tag_that_nobody_offers(world: World) -> None:
    world.worker("plain")
    picky, plain = world.workload("picky", ("gpu",)), world.workload("plain")
    world.upload(picky, 200, ("gpu",))
    world.upload(plain, 3)
    world.run()
    assert world.status(plain).done == 3
    assert world.status(picky).queued == 200
    world.worker("special", ("gpu",))
    world.run(500)
    assert world.status(picky).done == 200


def test_a_large_workload_does_not_hold_up_a_small_one(world: World) -> None:
    world.worker("one")
    large, small = world.workload("large"), world.workload("small")
    world.upload(large, 300)
    world.upload(small, 3)
    for _ in range(20):
        world.step()
        world.advance()
    assert world.status(small).done == 3
    assert world.status(large).done < 30


class Flaky:
    """A job queue whose datastore is away now and then."""

    def __init__(self, real: object) -> None:
        self._real = real
        self.away = False

    def __getattr__(self, name: str) -> object:
        if self.away:
            raise NotReady("the datastore is away")
        return getattr(self._real, name)


def test_outcomes_survive_a_datastore_that_is_away(world: World) -> None:
    flaky = Flaky(world.store.queue)
    world.dispatcher = Dispatcher(
        flaky,  # type: ignore[arg-type]
        world.store.register,
        world.gateway,
        world.epoch,
        LIMITS,
        clock=lambda: world.now,
    )
    world.worker("one")
    workload_id = world.workload()
    world.upload(workload_id, 3)
    world.step()
    while world.gateway.advance():
        pass
    flaky.away = True
    for _ in range(3):
        with pytest.raises(NotReady):
            world.step()
    flaky.away = False
    world.run()
    seen = world.status(workload_id)
    assert (seen.done, seen.unfinished) == (3, 0)


def test_when_it_stops_placing_it_still_takes_in_what_comes_back(world: World) -> None:
    world.worker("one")
    workload_id = world.workload()
    world.upload(workload_id, 100)
    world.step()
    sent = world.dispatcher.in_flight
    world.dispatcher.stop_placing()
    while world.gateway.advance():
        pass
    world.step()
    assert world.dispatcher.in_flight == 0
    assert world.status(workload_id).done == sent < 100
