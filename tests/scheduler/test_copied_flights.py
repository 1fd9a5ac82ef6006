"""Second copies through the dispatcher and a real datastore: whatever comes first, one image comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dpip.domain import ClaimedJob, Failure, JobState, Success, Worker
from dpip.ids import filtered_id
from scheduler.gateway import CallOutcomes
from scheduler.simulated import SimulatedGateway, done
from tests.scheduler.test_dispatcher import START, World


class SlowWorld(World):
    """Workers whose name begins with "slow" take a hundred times as long once `slow_from` has come."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[tuple[int, ClaimedJob]] = []  # with the number of the call
        self.slow_from = float("inf")
        super().__init__(folder)

    def new_gateway(self) -> SimulatedGateway:
        world = self

        class Recording(SimulatedGateway):
            def send(self, call: int, worker: Worker, batch: object) -> None:
                world.sent += [(call, claimed) for claimed in batch]  # type: ignore[attr-defined]
                super().send(call, worker, batch)  # type: ignore[arg-type]

        return Recording(self._event, self._duration)

    def _duration(self, worker: Worker, _claimed: ClaimedJob) -> float:
        return 100.0 if worker.name.startswith("slow") and self.now >= self.slow_from else 1.0

    def copies(self) -> list[tuple[int, ClaimedJob]]:
        return [(call, claimed) for call, claimed in self.sent if claimed.copy]

    def say(self, call: int, claimed: ClaimedJob, result: Success | Failure | None = None) -> None:
        """An outcome from a worker, before its time."""
        outcome = done(claimed, 1.0)
        self.dispatcher.tell(
            CallOutcomes(call, (outcome if result is None else replace(outcome, result=result),))
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SlowWorld]:
    made = SlowWorld(tmp_path)
    yield made
    made.store.close()


def with_a_copy(world: SlowWorld) -> tuple[Worker, Worker, tuple[int, ClaimedJob], tuple[int, ClaimedJob]]:
    """Two workers that were tried out; then one becomes slow, and a job there is copied to the other.

    Returns the worker of the original and that of the copy, and both flights with their calls.
    """
    slow, fast = world.worker("slow", cores=1), world.worker("fast", cores=1)
    world.upload(world.workload("before"), 20)
    world.run()
    world.slow_from = world.now
    world.upload(world.workload("name"), 2)
    for _ in range(100):
        world.step()
        world.now += 1.0
        world.gateway.now = world.now - START
        if world.copies():
            break
        for call, claimed in world.sent:
            if claimed.worker_id == fast.id and claimed.job.workload_name == "name":
                world.say(call, claimed)
    [(call, copy)] = world.copies()
    [original] = [
        (number, claimed)
        for number, claimed in world.sent
        if claimed.job.id == copy.job.id and not claimed.copy
    ]
    assert (original[1].worker_id, copy.worker_id) == (slow.id, fast.id)
    assert original[1].attempt == copy.attempt
    return slow, fast, original, (call, copy)


def images_of(world: SlowWorld, job_id: str) -> list[str]:
    found = world.store.catalog.image(filtered_id(job_id), None)
    return [] if found is None else [found.key]


@pytest.mark.parametrize("copy_first", [True, False])
def test_the_first_result_is_kept_and_the_other_is_dropped(world: SlowWorld, copy_first: bool) -> None:
    _, _, original, copy = with_a_copy(world)
    flights = [copy, original] if copy_first else [original, copy]
    world.say(*flights[0])
    world.step()
    job_id = copy[1].job.id
    first = images_of(world, job_id)
    assert first == [done(flights[0][1], 1.0).result.key]  # type: ignore[union-attr]
    world.say(*flights[1])
    world.step()
    assert images_of(world, job_id) == first
    assert world.dispatcher.in_flight == 0
    assert world.status("id-name").done == 2


def test_a_passing_failure_of_one_leaves_it_to_the_other(world: SlowWorld) -> None:
    _, _, original, copy = with_a_copy(world)
    world.say(*original, Failure("storage", "the store is away", retryable=True))
    world.step()
    job = world.store.queue.job(copy[1].job.id)
    assert job is not None
    assert (job.state, job.attempt) == (JobState.RUNNING, 1)
    world.say(*copy)
    world.step()
    assert world.status("id-name").done == 2


def test_a_lasting_failure_of_one_is_that_of_the_job(world: SlowWorld) -> None:
    _, _, original, copy = with_a_copy(world)
    world.say(*copy, Failure("unreadable", "this is no picture"))
    world.step()
    world.say(*original)
    world.step()
    assert (world.status("id-name").done, world.status("id-name").failed) == (1, 1)


def test_the_death_of_one_worker_leaves_it_to_the_other_and_counts_with_the_second(world: SlowWorld) -> None:
    slow, fast, _, copy = with_a_copy(world)
    world.gateway.kill(slow)
    world.step()
    job = world.store.queue.job(copy[1].job.id)
    assert job is not None
    assert job.state is JobState.RUNNING
    world.gateway.kill(fast)
    world.step()
    [queued] = world.store.queue.candidates(9, 9, frozenset())
    assert (queued.id, queued.attempt, queued.deaths) == (job.id, 1, 2)


def test_both_are_called_off_when_the_workload_is_cancelled(world: SlowWorld) -> None:
    _, _, original, copy = with_a_copy(world)
    world.store.catalog.cancel_workload("id-name", world.now)
    world.now += 10.0
    world.step()
    assert world.dispatcher.in_flight == 0
    for flight in (original, copy):
        world.say(*flight)
    world.step()
    assert images_of(world, copy[1].job.id) == []


actions = st.lists(
    st.tuples(
        st.sampled_from(["upload", "step", "advance", "say", "fail", "kill", "revive", "wait", "lead"]),
        st.integers(0, 1000),
    ),
    max_size=60,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions)
def test_whatever_happens_each_original_has_one_image_and_no_key_is_written_twice(
    tmp_path_factory: pytest.TempPathFactory, todo: list[tuple[str, int]]
) -> None:
    world = SlowWorld(tmp_path_factory.mktemp("lives"))
    try:
        _live(world, todo)
    finally:
        world.store.close()


def _live(world: SlowWorld, todo: list[tuple[str, int]]) -> None:
    workers = [world.worker(name, cores=1) for name in ("slow-1", "fast-2", "fast-3")]
    incarnations = dict.fromkeys((worker.id for worker in workers), 1)
    workload = world.workload()
    world.upload(workload, 12)
    world.run()
    world.slow_from = world.now
    for what, pick in todo:
        worker = workers[pick % len(workers)]
        if what == "upload":
            world.upload(workload, 1 + pick % 3)
        elif what == "advance":
            world.advance()
        elif what in {"say", "fail"} and world.sent:
            failure = Failure("storage", "away", retryable=bool(pick % 3))
            world.say(*world.sent[-1 - pick % min(8, len(world.sent))], failure if what == "fail" else None)
        elif what == "kill":
            world.gateway.kill(worker)
        elif what == "revive":
            incarnations[worker.id] += 1
            world.report(worker, incarnation=incarnations[worker.id])
        elif what == "wait":
            world.now += 1 + pick % 4
        elif what == "lead":
            world.now += 6
            world.dispatcher = world.new_dispatcher()
            world.dispatcher.begin()
        world.step()
    for worker in workers:
        world.report(worker, incarnation=incarnations[worker.id] + 1)
    world.run(500)
    _check(world, workload)


def _check(world: SlowWorld, workload: str) -> None:
    seen = world.status(workload)
    assert (seen.queued, seen.running) == (0, 0)
    images = world.store.catalog.images(workload, limit=500).items
    assert len(images) == seen.total + seen.done
    flights = [(one.job.id, one.attempt, one.copy) for _, one in world.sent]
    assert len(set(flights)) == len(flights), "two flights would have written the same key"
    copied = [flight for flight in flights if flight[2]]
    assert {(job, attempt, False) for job, attempt, _ in copied} <= set(flights)
