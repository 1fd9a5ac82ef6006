"""Jobs per second through the control plane: `python -m benchmarks.control_plane [--short]`.

The real dispatcher, policy and datastore (SQLite, nothing flushed to disk) over workers that only pretend:
whatever they are sent is done at once. What is left is what DPIP itself spends on a job: look ahead, place,
claim, send, take the outcome in, commit. Told per job in CPU time, which other programs on the machine
change little, for queues of growing length and for growing numbers of workers.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datastore_rates import fill
from datastore import Datastore, open_datastore
from dpip import ids
from dpip.domain import ClaimedJob, Load, Machine, Role, User, Worker, WorkerState, Workload
from dpip.ports import Report
from scheduler.dispatcher import Dispatcher, Hint
from scheduler.gateway import CallEnded, CallOutcomes, Ending, Event
from scheduler.placing import DispatchLimits
from scheduler.simulated import done

JOBS = 20_000  # that each measurement brings to their end
WARM_UP = 3_000  # before it: every worker was tried out
CORES = 4
MEMORY = 2**38
JOB_S = 0.03
GROUP = 32  # outcomes that come in one message
QUEUES = (1_000, 10_000, 100_000, 1_000_000)
CLUSTERS = (2, 10, 100, 1_000)
LIMITS = DispatchLimits(lease_s=60.0, poll_s=1.0, max_attempts=5)


class InstantWorkers:
    """A gateway: the outcomes of what was sent are there for the next step."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.finished = 0

    def send(self, call: int, worker: Worker, batch: Sequence[ClaimedJob]) -> None:
        for start in range(0, len(batch), GROUP):
            outcomes = tuple(done(claimed, JOB_S) for claimed in batch[start : start + GROUP])
            self.events.append(CallOutcomes(call, outcomes))
        self.events.append(CallEnded(call, Ending.COMPLETE))
        self.finished += len(batch)

    def cancel(self, worker: Worker, jobs: Sequence[tuple[str, int]]) -> None:
        """Everything is done already."""

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Measured:
    queued: int
    workers: int
    jobs: int
    wall_s: float
    cpu_s: float

    @property
    def per_job_us(self) -> float:
        return self.cpu_s / self.jobs * 1e6

    @property
    def rate(self) -> float:
        """Jobs per second of CPU."""
        return self.jobs / self.cpu_s


class Control:
    """A datastore with workers and jobs, and a dispatcher over it."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._url = f"sqlite:///{folder / 'control.sqlite3'}"
        self.store: Datastore = open_datastore(self._url)
        self._now = time.time()
        self.store.accounts.add_user(User("ann", "ann", "", Role.USER))
        self._join(workers)
        epoch = self.store.leadership.take("benchmark", self._now, self._now + 3600)
        if epoch is None:
            raise SystemExit("somebody else leads: this needs a datastore of its own")
        self._gateway = InstantWorkers()
        self._dispatcher = Dispatcher(self.store.queue, self.store.register, self._gateway, epoch, LIMITS)
        self._workers = workers
        self._workloads = 0

    def _join(self, workers: int) -> None:
        machine, load = Machine("host", CORES, MEMORY), Load(0.0, MEMORY, 0)
        joined = [
            self.store.register.join(f"worker-{n}", (), machine, f"instance-{n}", self._now)
            for n in range(workers)
        ]
        self.store.register.record(
            [Report(worker.id, WorkerState.ALIVE, 1, load, self._now) for worker in joined]
        )

    def queue(self, jobs: int) -> None:
        self._workloads += 1
        name = f"workload {self._workloads}"
        workload = Workload(ids.time_ordered_id(self._now), name, "ann", "grayscale", (), self._now)
        self.store.catalog.create_workload(workload)
        fill(self._url, workload, jobs)
        self._dispatcher.tell(Hint.WORK)

    def measure(self, queued: int, jobs: int) -> Measured:
        """Bring about `jobs` jobs to their end, of the `queued` ones that wait."""
        before = self._gateway.finished
        wall, cpu = time.perf_counter(), time.process_time()
        while self._gateway.finished - before < jobs:
            self._step()
        self._step()  # the last outcomes
        finished = self._gateway.finished - before
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return Measured(queued, self._workers, finished, wall, cpu)

    def _step(self) -> None:
        events, self._gateway.events = self._gateway.events, []
        for event in events:
            self._dispatcher.tell(event)
        self._dispatcher.step(0.0)

    def close(self) -> None:
        self.store.close()


def measure(queued: int, workers: int, jobs: int) -> Measured:
    """A short queue is filled up again and again."""
    with tempfile.TemporaryDirectory() as folder:
        control = Control(Path(folder), workers)
        try:
            control.queue(WARM_UP)
            control.measure(WARM_UP, WARM_UP)
            parts: list[Measured] = []
            while sum(part.jobs for part in parts) < jobs:
                control.queue(queued)
                parts.append(control.measure(queued, min(queued, jobs)))
        finally:
            control.close()
    return Measured(
        queued,
        workers,
        sum(part.jobs for part in parts),
        sum(part.wall_s for part in parts),
        sum(part.cpu_s for part in parts),
    )


def tell(results: Sequence[Measured]) -> None:
    least = min(result.per_job_us for result in results)
    for result in results:
        print(
            f"{result.queued:>9,} queued {result.workers:>6,} workers {result.per_job_us:>8.0f} us of CPU "
            f"a job = {result.rate:>7,.0f} jobs/s of CPU, {result.jobs / result.wall_s:>7,.0f} by the clock, "
            f"{result.per_job_us / least:5.2f} times the least",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="What the control plane spends on a job.")
    parser.add_argument("--short", action="store_true", help="shorter queues, fewer workers, fewer jobs")
    parser.add_argument("--jobs", type=int, default=0, help="jobs for each measurement")
    parser.add_argument("--queued", type=int, nargs="*", help="lengths of the queue")
    parser.add_argument("--workers", type=int, nargs="*", help="numbers of workers")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    queues = given.queued or (QUEUES[:2] if given.short else QUEUES)
    clusters = given.workers or (CLUSTERS[:3] if given.short else CLUSTERS)
    jobs = given.jobs or (5_000 if given.short else JOBS)
    print("a growing queue, 10 workers")
    tell([measure(queued, 10, jobs) for queued in queues])
    print("a growing cluster, 100,000 jobs queued")
    tell([measure(max(queues) if given.short else 100_000, workers, jobs) for workers in clusters])


if __name__ == "__main__":
    main()
