"""Jobs and workers for the scheduler's tests."""

from __future__ import annotations

from dpip.domain import ClaimedJob, ImageFacts, Load, Machine, Needs, QueuedJob, Worker, WorkerState
from scheduler.cost import CostModel, kind_of
from scheduler.seat import Flight, Seat

GIB = 2**30


def job(
    number: int = 1, *, megapixels: float = 1.0, memory: int = GIB // 16, tags: tuple[str, ...] = ()
) -> QueuedJob:
    side = int((megapixels * 1e6) ** 0.5)
    facts = ImageFacts("jpeg", side, side, 1000, "0" * 64)
    needs = Needs(megapixels, memory, tags)
    return QueuedJob(
        f"w-{number:04d}", "w", "name", "owner", f"name/{number}", facts, "grayscale", needs, 0.0
    )


def worker(
    name: str = "one",
    *,
    cores: int = 2,
    memory: int = 8 * GIB,
    cpu: float = 0.0,
    running: int = 0,
    tags: tuple[str, ...] = (),
    state: WorkerState = WorkerState.ALIVE,
    incarnation: int = 1,
) -> Worker:
    machine = Machine("host", cores, memory)
    load = Load(cpu, memory, running)
    return Worker(f"id-{name}", name, tags, state, machine, load, incarnation, 0.0, 0.0)


def seat(of: Worker, *predicted_s: float, now: float = 0.0, rate: float = 0.03) -> Seat:
    """A seat with flights of these durations, sent at `now`; `rate` is of seconds per megapixel there."""
    made = Seat(of, frozenset(of.tags))
    for number, seconds in enumerate(predicted_s):
        made.board(flight(of, job(9000 + number, megapixels=seconds / rate, memory=0), seconds, now), now)
    return made


def flight(of: Worker, what: QueuedJob, predicted_s: float = 1.0, now: float = 0.0) -> Flight:
    return Flight(ClaimedJob(what, of.id, 1, 1e9), of.incarnation, predicted_s, now)


def measured(**rates: float) -> CostModel:
    """A cost model after many measurements: seconds per megapixel by the name of the worker."""
    costs = CostModel()
    for _ in range(20):
        for name, rate in rates.items():
            costs.learn(f"id-{name}", kind_of(job()), 10.0, 0.002 + 10.0 * rate)
    return costs
