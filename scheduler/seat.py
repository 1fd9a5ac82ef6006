"""A worker as a place for jobs: what it offers, and what it has in flight."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from dpip.domain import ClaimedJob, Worker
from scheduler.cost import CostModel, kind_of

MIN_SHARE = 0.2  # a worker on a busy machine still gets this part of its cores' worth of work
OVERRUN = 0.1  # what a job that should have ended by now is thought to need at least, of its prediction
IDLE_S = 3.0  # after so long without jobs of ours, what a report says of the CPU is others' use


@dataclass(slots=True, eq=False)
class Flight:
    """A job on its way: sent to a worker, no outcome yet."""

    claimed: ClaimedJob
    incarnation: int
    predicted_s: float
    sent_at: float
    started_at: float | None = None  # when a core of its worker became free for it, as far as we can tell
    lost: bool = False  # another flight of the same attempt was first: nobody waits for this one

    @property
    def attempt(self) -> tuple[str, int]:
        """(job id, attempt); a copy has that of its original."""
        return self.claimed.job.id, self.claimed.attempt

    def left_s(self, now: float) -> float:
        """Seconds that it will still hold its core. One that is late is thought to be half-way at best."""
        if self.started_at is None:
            return self.predicted_s
        taken = now - self.started_at
        return max(self.predicted_s - taken, OVERRUN * self.predicted_s, taken - self.predicted_s)


@dataclass(slots=True, eq=False)
class Seat:
    """Takes flights as its worker does: the first come run, one per core, the others wait in order."""

    worker: Worker
    tags: frozenset[str] = frozenset()
    backlog_s: float = 0.0  # predicted seconds of what is in flight, however far it is
    memory_in_flight: int = 0  # bytes, summed over the jobs in flight
    idle_since: float = float("-inf")
    _flights: dict[Flight, None] = field(default_factory=dict)
    _running: int = 0
    _free_at: list[float] = field(default_factory=list)  # empty: to be foreseen anew

    @property
    def flights(self) -> int:
        return len(self._flights)

    @property
    def cores(self) -> int:
        return max(1, self.worker.machine.cores)

    @property
    def idle_cores(self) -> int:
        return self.cores - self._running

    @property
    def memory_available(self) -> int:
        load = self.worker.load
        return load.memory_available if load else self.worker.machine.memory_total

    @property
    def effective_cores(self) -> float:
        """Cores that are left by others: what the machine uses beyond our own jobs is not ours to use."""
        load = self.worker.load
        if load is None:
            return float(self.cores)
        ours = min(1.0, load.running_jobs / self.cores)
        others = max(0.0, load.cpu_percent / 100.0 - ours)
        return self.cores * max(MIN_SHARE, 1.0 - others)

    def stretch(self, now: float, *, measured: bool) -> float:
        """By how much others' use of the machine prolongs a job. Measured timings have that in them
        already, as long as they are recent."""
        if measured and (self._flights or now - self.idle_since < IDLE_S):
            return 1.0
        return self.cores / self.effective_cores

    def board(self, flight: Flight, now: float) -> None:
        self._free_at = []
        self._flights[flight] = None
        self.backlog_s += flight.predicted_s
        self.memory_in_flight += flight.claimed.job.needs.memory_bytes
        if self._running < self.cores:
            flight.started_at = now
            self._running += 1

    def leave(self, flight: Flight, now: float) -> None:
        self._free_at = []
        del self._flights[flight]
        self.memory_in_flight -= flight.claimed.job.needs.memory_bytes
        self.backlog_s = self.backlog_s - flight.predicted_s if self._flights else 0.0
        if not self._flights:
            self.idle_since = now
        if flight.started_at is None:
            return
        self._running -= 1
        for following in self._flights:
            if following.started_at is None:
                following.started_at = now
                self._running += 1
                break

    def predict_anew(self, costs: CostModel) -> None:
        """Correct the predictions of what is in flight by what was learned meanwhile."""
        self._free_at = []
        for flight in self._flights:
            job = flight.claimed.job
            predicted_s = costs.predict(self.worker.id, kind_of(job), job.needs.megapixels)
            self.backlog_s += predicted_s - flight.predicted_s
            flight.predicted_s = predicted_s

    def carries(self, flight: Flight) -> bool:
        return flight in self._flights

    def free_at(self, now: float) -> list[float]:
        """A heap of the times at which its cores will be free for a job that is sent now."""
        if not self._free_at or self._free_at[0] <= now:  # something should have ended by now
            self._free_at = self._foresee(now)[0]
        return self._free_at.copy()

    def ends(self, now: float) -> dict[Flight, float]:
        """When each flight is expected to end."""
        return self._foresee(now)[1]

    def _foresee(self, now: float) -> tuple[list[float], dict[Flight, float]]:
        ends = {flight: now + flight.left_s(now) for flight in self._flights if flight.started_at is not None}
        free = [*ends.values(), *[now] * (self.cores - len(ends))]
        heapq.heapify(free)
        if len(ends) < len(self._flights):
            for flight in self._flights:
                if flight.started_at is None:
                    ends[flight] = heapq.heappushpop(free, free[0] + flight.predicted_s)
                    ends[flight] += flight.predicted_s
        return free, ends
