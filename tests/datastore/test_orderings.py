"""Every ordering of what can happen to a job, up to a bound, on a real database.

Breadth first: from each state that was reached, everything that can happen is tried. A state is reached by
living through the shortest way to it again, in a workload of its own; then the tables are recounted, and the
job is what `dpip.job_life` says. Late results, copies and second leaders included.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

import pytest
from sqlalchemy import select

from datastore import Datastore, open_datastore
from datastore.database import Database
from datastore.engines import connect
from datastore.schema import jobs
from dpip import ids
from dpip.domain import ClaimedJob, ImageKind, JobState, Outcome, Placement, Success
from dpip.errors import Fenced
from dpip.job_life import (
    MOVES,
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
from tests.datastore.making import LEASE, NOW, add, failure, new_workload, success

MOST_STEPS, MOST_CLAIMS, MOST_ATTEMPTS = 4, 2, 2
LEAST_TRIED = 500  # else something keeps states from being reached
Step = tuple[str, int]  # what happens, and to which attempt (0: none in particular)


NEW = JobLife()


@dataclass(frozen=True)
class World:
    """The job, and what around it decides on what is answered."""

    life: JobLife = NEW
    ended_by: Step | None = None  # the outcome that ended the newest attempt
    copied: bool = False
    epoch: int = 1
    called_off: bool = False  # the workload
    there: bool = True


def steps(world: World) -> Iterator[Step]:
    """Everything that can happen now, likely or not."""
    if world.life.attempt < MOST_CLAIMS:
        yield "claim", 0
    for attempt in range(1, world.life.attempt + 1):
        for what in ("succeed", "fail", "fail again", "release", "die", "renew"):
            yield what, attempt
        if world.copied:
            yield "copy succeeds", attempt
    if world.life.attempt:
        yield "copy", world.life.attempt
    if world.epoch < 2:
        yield "new leader", 0
    else:
        yield "former leader claims", 0
    yield from (("lease runs out", 0), ("cancel", 0), ("resume", 0), ("delete", 0))
    if not world.called_off:
        yield "replay", 0


OUTCOMES = frozenset({"succeed", "copy succeeds", "fail", "fail again"})
FORGETS = frozenset({"claim", "cancel", "replay", "resume"})  # what ended the attempt before


def event_of(world: World, step: Step) -> Event | None:
    what, attempt = step
    events: dict[str, Event] = {
        "claim": Claimed(world.epoch, LEASE),
        "succeed": Succeeded(attempt),
        "copy succeeds": Succeeded(attempt),
        "fail": Failed(attempt, retryable=False, max_attempts=MOST_ATTEMPTS),
        "fail again": Failed(attempt, retryable=True, max_attempts=MOST_ATTEMPTS),
        "release": Released(attempt),
        "die": Released(attempt, died=1),
        "renew": Renewed(attempt, LEASE + 60),
        "lease runs out": TimePassed(LEASE),
        "new leader": LeaderChanged(world.epoch + 1),
        "cancel": Cancelled(),
        "resume": Resumed(),
        "replay": Replayed(),
    }
    return events.get(what)


def next_world(world: World, step: Step) -> World:
    """What should be true after it."""
    what, attempt = step
    if not world.there:
        return replace(world, epoch=world.epoch + (what == "new leader"))
    event = event_of(world, step)
    life = after(world.life, event) if event else world.life
    ended = world.ended_by
    if life != world.life and what in OUTCOMES:
        ended = step
    elif life != world.life and what in FORGETS:
        ended = None
    copied = world.copied or (what == "copy" and life.state is JobState.RUNNING and attempt == life.attempt)
    return replace(
        world,
        life=life,
        ended_by=ended,
        copied=copied and life.state is JobState.RUNNING,
        epoch=world.epoch + (what == "new leader"),
        called_off=(world.called_off or what == "cancel") and what != "resume",
        there=what != "delete",
    )


def stands(world: World, step: Step) -> bool:
    """Whether an outcome is taken: it ends the attempt, or says again what ended it."""
    if not world.there or step[1] != world.life.attempt:
        return False
    return world.life.state is JobState.RUNNING or step == world.ended_by


class Real:
    """The same job in the datastore."""

    def __init__(self, store: Datastore, name: str) -> None:
        self.store = store
        self.workload_id = new_workload(store, name).id
        [image] = add(store, self.workload_id)
        self.job_id = image.id
        self.epochs = [self._lead()]
        self.claims: list[ClaimedJob] = []

    def _lead(self) -> int:
        epoch = self.store.leadership.take("scheduler", NOW, NOW + 1e9)
        assert epoch is not None
        return epoch

    def do(self, step: Step) -> bool | None:
        """Whether an outcome was taken; None for what is none."""
        what, attempt = step
        if what in OUTCOMES:
            [taken] = self.store.queue.finish([self._outcome(what, attempt)], NOW, MOST_ATTEMPTS)
            return taken
        queue, catalog, pair = self.store.queue, self.store.catalog, [(self.job_id, attempt)]
        doings: dict[str, Callable[[], object]] = {
            "claim": lambda: self.claims.extend(self._claim(self.epochs[-1])),
            "former leader claims": self._claim_as_former,
            "release": lambda: queue.release(pair, died=0, now=NOW),
            "die": lambda: queue.release(pair, died=1, now=NOW),
            "renew": lambda: queue.renew(pair, LEASE + 60),
            "copy": lambda: self._copy(self.claims[attempt - 1]),
            "lease runs out": lambda: queue.release_expired(LEASE),
            "new leader": self._new_leader,
            "cancel": lambda: catalog.cancel_workload(self.workload_id, NOW),
            "resume": lambda: catalog.resume_workload(self.workload_id, NOW),
            "replay": lambda: catalog.replay(self.workload_id, NOW),
            "delete": lambda: catalog.delete_original(self.job_id, NOW),
        }
        doings[what]()
        return None

    def _claim_as_former(self) -> None:
        with pytest.raises(Fenced):
            self._claim(self.epochs[0])

    def _copy(self, claimed: ClaimedJob) -> None:
        self.store.queue.copy([replace(claimed, worker_id="worker-2", copy=True)], self.epochs[-1])

    def _new_leader(self) -> None:
        self.epochs.append(self._lead())
        self.store.queue.release_before_epoch(self.epochs[-1], NOW)

    def _claim(self, epoch: int) -> tuple[ClaimedJob, ...]:
        placement = Placement(self.job_id, "worker-1", "it is idle")
        return tuple(self.store.queue.claim([placement], epoch, NOW, LEASE))

    def _outcome(self, what: str, attempt: int) -> Outcome:
        claimed = self.claims[attempt - 1]
        if what == "copy succeeds":
            outcome = success(claimed)
            assert isinstance(outcome.result, Success)
            return replace(outcome, result=replace(outcome.result, key=f"{outcome.result.key}.copy"))
        return (
            success(claimed)
            if what == "succeed"
            else failure(claimed, retryable=what == "fail again", kind=what)
        )


def compare(real: Real, world: World, database: Database, path: tuple[Step, ...]) -> None:
    with database.read() as connection:
        check_tables(connection)
        columns = (jobs.c.state, jobs.c.attempt, jobs.c.spent, jobs.c.deaths)
        row = connection.execute(select(*columns).where(jobs.c.id == real.job_id)).one_or_none()
    if not world.there:
        assert row is None, path
    else:
        life = world.life
        assert row is not None, path
        assert tuple(row) == (life.state, life.attempt, life.spent, life.deaths), path
    results = real.store.catalog.images(real.workload_id, kind=ImageKind.FILTERED).items
    done = world.there and world.life.state is JobState.DONE
    assert [one.id for one in results] == [ids.filtered_id(real.job_id)] * done, path


def lived(store: Datastore, name: str, path: tuple[Step, ...]) -> Real:
    real = Real(store, name)
    for step in path:
        real.do(step)
    return real


def test_every_ordering_of_what_can_happen_to_a_job(sqlite_url: str) -> None:
    database, names, tried = connect(sqlite_url), count(), 0
    reached = {World()}
    waiting: deque[tuple[World, tuple[Step, ...]]] = deque([(World(), ())])
    with open_datastore(sqlite_url) as store, contextlib.closing(database):
        while waiting:
            world, path = waiting.popleft()
            real: Real | None = None
            for step in steps(world):
                tried += 1
                real = real or lived(store, f"w{next(names)}", path)
                taken, after_it = real.do(step), next_world(world, step)
                assert taken in {None, stands(world, step)}, (*path, step)
                compare(real, after_it, database, (*path, step))
                if after_it != world:  # else it serves for the next step, too
                    store.catalog.delete_workload(real.workload_id)
                    real = None
                if after_it not in reached and len(path) + 1 < MOST_STEPS:
                    reached.add(after_it)
                    waiting.append((after_it, (*path, step)))
    assert tried > LEAST_TRIED


def test_no_event_makes_a_move_that_is_not_in_the_table() -> None:
    lives = [JobLife(state, 1, 0, 0, 1, LEASE) for state in JobState]
    world = World(lives[0], copied=True)
    for life in lives:
        for step in steps(world):
            event = event_of(world, step)
            became = after(life, event) if event else life
            assert became.state is life.state or became.state in MOVES[life.state]
            assert became.attempt >= life.attempt
