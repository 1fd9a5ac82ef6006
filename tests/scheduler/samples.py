"""Jobs and workers for the scheduler's tests."""

from __future__ import annotations

from dpip.domain import ImageFacts, Load, Machine, Needs, QueuedJob, Worker, WorkerState

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
