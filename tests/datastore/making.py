"""Short ways to make what tests need."""

from __future__ import annotations

from collections.abc import Sequence

from datastore import Datastore
from dpip import ids
from dpip.domain import (
    ClaimedJob,
    Failure,
    ImageFacts,
    Load,
    Machine,
    Needs,
    Outcome,
    Placement,
    StoredImage,
    Success,
    Timings,
    WorkerState,
    Workload,
)
from dpip.ports import NewOriginal, Report

FACTS = ImageFacts("jpeg", 640, 480, 51_234, "ab" * 32)
NEEDS = Needs(0.3072, 5_000_000)
MACHINE = Machine("host-a", cores=4, memory_total=8 << 30)
LOAD = Load(cpu_percent=12.5, memory_available=4 << 30, running_jobs=1)
TIMINGS = Timings(0.1, 0.2, 0.3, 0.4, 0.5)
NOW = 1_800_000_000.0
LEASE = NOW + 60


def new_workload(
    store: Datastore, name: str = "holiday", owner: str = "ann", tags: tuple[str, ...] = (), now: float = NOW
) -> Workload:
    workload = Workload(ids.time_ordered_id(now), name, owner, "grayscale", tags, now)
    return store.catalog.create_workload(workload)


def new_original(workload_id: str, name: str | None = "a.jpg") -> NewOriginal:
    return NewOriginal(workload_id, name, "jpg", FACTS, NEEDS)


def add(store: Datastore, workload_id: str, count: int = 1, now: float = NOW) -> list[StoredImage]:
    return [
        store.catalog.add_original(new_original(workload_id), lambda _key: None, now) for _ in range(count)
    ]


def lead(store: Datastore, holder: str = "scheduler-1", now: float = NOW) -> int:
    epoch = store.leadership.take(holder, now, now + 60)
    assert epoch is not None
    return epoch


def claim(
    store: Datastore, job_ids: Sequence[str], epoch: int, worker: str = "worker-1", lease: float = LEASE
) -> list[ClaimedJob]:
    placements = [Placement(job_id, worker, "it is idle") for job_id in job_ids]
    return list(store.queue.claim(placements, epoch, NOW, lease))


def claim_next(store: Datastore, epoch: int, count: int = 1) -> list[ClaimedJob]:
    return claim(store, [job.id for job in store.queue.candidates(count, count, frozenset())], epoch)


def success(claimed: ClaimedJob) -> Outcome:
    key = ids.result_key(claimed.job.workload_name, claimed.job.id, claimed.attempt, "jpg")
    return Outcome(claimed.job.id, claimed.attempt, claimed.worker_id, Success(key, FACTS), TIMINGS)


def failure(claimed: ClaimedJob, *, retryable: bool = False, kind: str = "unreadable") -> Outcome:
    result = Failure(kind, "the file ends too early", retryable)
    return Outcome(claimed.job.id, claimed.attempt, claimed.worker_id, result, TIMINGS)


def report(
    worker_id: str, at: float = NOW, state: WorkerState = WorkerState.ALIVE, load: Load = LOAD
) -> Report:
    return Report(worker_id, state, 1, load, at)
