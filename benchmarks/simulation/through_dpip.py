"""DPIP's own placing: the dispatcher, fleet, cost model and policy as they are, over a simulated cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.simulation.cluster import Cluster, Run
from benchmarks.simulation.memory import MemoryQueue, MemoryRegister
from benchmarks.simulation.scenario import Scenario, Task
from dpip.domain import (
    ClaimedJob,
    Failure,
    ImageFacts,
    Load,
    Machine,
    Needs,
    Outcome,
    QueuedJob,
    Success,
    Timings,
    Worker,
    WorkerState,
)
from scheduler.dispatcher import Dispatcher, DispatchLimits, Hint
from scheduler.gateway import CallEnded, CallOutcomes, Ending

MEMORY = 64 * 2**30
LIMITS = DispatchLimits(lease_s=60.0, poll_s=1.0, max_attempts=5)


class ThroughDpip:
    """A contestant, and the gateway of its dispatcher."""

    name = "DPIP"

    def begin(self, cluster: Cluster, scenario: Scenario) -> None:
        self._cluster = cluster
        self._workers = [
            Worker(
                node.name,
                node.name,
                node.tags,
                WorkerState.ALIVE,
                Machine("host", node.cores, MEMORY),
                Load(0.0, MEMORY, 0),
                1,
                0.0,
                0.0,
            )
            for node in scenario.nodes
        ]
        self._index = {worker.id: index for index, worker in enumerate(self._workers)}
        self._register = MemoryRegister(self._workers)
        self._queue = MemoryQueue()
        self._tasks: dict[str, Task] = {}
        self._runs: dict[tuple[int, str], Run] = {}
        self._claims: dict[tuple[int, int], ClaimedJob] = {}
        self._left: dict[int, int] = {}
        self._dispatcher = Dispatcher(
            self._queue,  # type: ignore[arg-type]  # what it needs of it
            self._register,  # type: ignore[arg-type]
            self,
            1,
            LIMITS,
            clock=lambda: self._cluster.now,
        )

    # --- from the cluster ------------------------------------------------------------------------

    def arrived(self, task: Task) -> None:
        job = QueuedJob(
            f"user{task.user:04d}-{task.index:010d}",
            f"user{task.user:04d}",
            f"user{task.user:04d}",
            f"user{task.user:04d}",
            "",
            ImageFacts("jpeg", 1000, 1000, 1000, ""),
            task.pipeline,
            Needs(task.megapixels, int(task.megapixels * 20e6), task.tags),
            self._cluster.now,
        )
        self._tasks[job.id] = task
        self._queue.add(job)
        self._dispatcher.tell(Hint.WORK)

    def ended(self, run: Run, seconds: float) -> None:
        claimed = self._claims.pop((run.call, run.task.index))
        self._runs.pop((run.node, claimed.job.id), None)
        result = Success("", claimed.job.facts) if seconds else Failure("cancelled", "", retryable=True)
        outcome = Outcome(claimed.job.id, claimed.attempt, claimed.worker_id, result, Timings(filter=seconds))
        self._dispatcher.tell(CallOutcomes(run.call, (outcome,)))
        self._left[run.call] -= 1
        if not self._left[run.call]:
            self._end(run.call, Ending.COMPLETE)

    def down(self, node: int, lost: Sequence[Run]) -> None:
        self._register.put(replace(self._workers[node], state=WorkerState.LOST))
        for run in lost:
            claimed = self._claims.pop((run.call, run.task.index))
            self._runs.pop((run.node, claimed.job.id), None)
        for call in {run.call for run in lost}:
            self._end(call, Ending.DIED)
        self._dispatcher.tell(Hint.WORKERS)

    def up(self, node: int) -> None:
        before = self._workers[node]
        self._workers[node] = replace(before, incarnation=before.incarnation + 1)
        self._register.put(self._workers[node])
        self._dispatcher.tell(Hint.WORKERS)

    def act(self) -> None:
        self._dispatcher.step(0.0)

    def _end(self, call: int, ending: Ending) -> None:
        if self._left.pop(call, None) is not None:
            self._dispatcher.tell(CallEnded(call, ending))

    # --- the gateway -----------------------------------------------------------------------------

    def send(self, call: int, worker: Worker, batch: Sequence[ClaimedJob]) -> None:
        self._left[call] = len(batch)
        for claimed in batch:
            task = self._tasks[claimed.job.id]
            self._claims[call, task.index] = claimed
            run = self._cluster.send(self._index[worker.id], task, call)
            self._runs[run.node, claimed.job.id] = run

    def cancel(self, worker: Worker, jobs: Sequence[tuple[str, int]]) -> None:
        for job_id, _ in jobs:
            run = self._runs.get((self._index[worker.id], job_id))
            if run is not None:
                self._cluster.cancel(run)

    def close(self) -> None:
        """Nothing is open."""
