"""Workers that only pretend: the gateway's fake, for tests and for measuring the control plane alone.

A job "runs" for a given time of a virtual clock; nothing sleeps. `advance` moves the clock and tells the
dispatcher what ended meanwhile.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence

from dpip.domain import ClaimedJob, ImageFacts, Outcome, Success, Timings, Worker
from dpip.ids import copy_extension, result_key
from scheduler.gateway import CallEnded, CallOutcomes, Ending, EventSink

Duration = Callable[[Worker, ClaimedJob], float]


class SimulatedGateway:
    def __init__(self, on_event: EventSink, duration: Duration) -> None:
        self._on_event = on_event
        self._duration = duration
        self._numbers = itertools.count()
        self._ends: list[tuple[float, int, int, Outcome]] = []
        self._left: dict[int, int] = {}  # call -> jobs without an outcome
        self._cores: dict[str, list[float]] = {}  # worker -> when each of its cores is free
        self._workers: dict[int, str] = {}  # call -> worker
        self.now = 0.0
        self.busy_s: dict[str, float] = {}

    def send(self, call: int, worker: Worker, batch: Sequence[ClaimedJob]) -> None:
        cores = self._cores.setdefault(worker.id, [0.0] * worker.machine.cores)
        self._left[call] = len(batch)
        self._workers[call] = worker.id
        for claimed in batch:
            seconds = self._duration(worker, claimed)
            start = max(self.now, heapq.heappop(cores))
            heapq.heappush(cores, start + seconds)
            self.busy_s[worker.id] = self.busy_s.get(worker.id, 0.0) + seconds
            entry = (start + seconds, next(self._numbers), call, done(claimed, seconds))
            heapq.heappush(self._ends, entry)

    def cancel(self, worker: Worker, jobs: Sequence[tuple[str, int]]) -> None:
        """What was sent runs to its end here; its late outcome is refused by the datastore."""

    def close(self) -> None:
        self._ends.clear()

    def kill(self, worker: Worker) -> None:
        """The worker's actor dies with everything it has."""
        for call in [call for call, worker_id in self._workers.items() if worker_id == worker.id]:
            self._ends = [end for end in self._ends if end[2] != call]
            self._end(call, Ending.DIED)
        heapq.heapify(self._ends)
        self._cores.pop(worker.id, None)

    def advance(self) -> bool:
        """Go on to the next end of a job; False when nothing runs."""
        if not self._ends:
            return False
        self.now, _, call, outcome = heapq.heappop(self._ends)
        self._on_event(CallOutcomes(call, (outcome,)))
        self._left[call] -= 1
        if not self._left[call]:
            self._end(call, Ending.COMPLETE)
        return True

    def _end(self, call: int, ending: Ending) -> None:
        self._left.pop(call)
        self._workers.pop(call)
        self._on_event(CallEnded(call, ending))


def done(claimed: ClaimedJob, seconds: float) -> Outcome:
    """The outcome of a job that went well."""
    job = claimed.job
    extension = copy_extension(job.facts.format) if claimed.copy else job.facts.format
    key = result_key(job.workload_name, job.id, claimed.attempt, extension)
    facts = ImageFacts(job.facts.format, job.facts.width, job.facts.height, job.facts.size_bytes, "0" * 64)
    return Outcome(job.id, claimed.attempt, claimed.worker_id, Success(key, facts), Timings(filter=seconds))
