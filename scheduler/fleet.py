"""What the policy sees: each worker with what it offers, how busy it is, and what it has in flight."""

from __future__ import annotations

from dataclasses import dataclass, field

from dpip.domain import ClaimedJob, Worker, WorkerState


@dataclass(frozen=True, slots=True)
class Flight:
    """A job on its way: sent to a worker, no outcome yet."""

    claimed: ClaimedJob
    incarnation: int
    predicted_s: float
    sent_at: float


@dataclass(slots=True)
class Seat:
    """A worker as a place for jobs. The policy fills seats; the numbers are kept up to date as it does."""

    worker: Worker
    flights: int = 0
    backlog_s: float = 0.0  # predicted seconds of work in flight, summed over its cores
    memory_in_flight: int = 0  # bytes, summed over the jobs in flight
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def cores(self) -> int:
        return max(1, self.worker.machine.cores)

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


MIN_SHARE = 0.2  # a worker on a busy machine still gets this part of its cores' worth of work


class Fleet:
    """The workers of the register, and the flights of this scheduler."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        self._gone: dict[str, int] = {}  # worker id -> incarnation whose actor is known to be dead
        self._flights: dict[str, Flight] = {}  # by job id

    def update(self, workers: tuple[Worker, ...]) -> list[tuple[str, int]]:
        """Take the register's view; returns (job id, attempt) of flights whose worker is no more."""
        self._workers = {worker.id: worker for worker in workers}
        return [
            (job_id, flight.claimed.attempt)
            for job_id, flight in self._flights.items()
            if not self._has(flight)
        ]

    def _has(self, flight: Flight) -> bool:
        worker = self._workers.get(flight.claimed.worker_id)
        return (
            worker is not None
            and worker.state in {WorkerState.ALIVE, WorkerState.DRAINING}
            and worker.incarnation == flight.incarnation
        )

    def actor_died(self, worker_id: str, incarnation: int) -> None:
        """Place nothing more there until the register shows a newer incarnation."""
        self._gone[worker_id] = max(incarnation, self._gone.get(worker_id, -1))

    def takes_jobs(self, worker: Worker) -> bool:
        return worker.state is WorkerState.ALIVE and worker.incarnation > self._gone.get(worker.id, -1)

    def worker(self, worker_id: str) -> Worker | None:
        return self._workers.get(worker_id)

    def offered_tags(self) -> frozenset[str]:
        return frozenset(
            tag for worker in self._workers.values() if self.takes_jobs(worker) for tag in worker.tags
        )

    def seats(self) -> list[Seat]:
        """A fresh seat for each worker that takes jobs, with the load of what is in flight."""
        seats = {
            worker.id: Seat(worker, tags=frozenset(worker.tags))
            for worker in self._workers.values()
            if self.takes_jobs(worker)
        }
        for flight in self._flights.values():
            seat = seats.get(flight.claimed.worker_id)
            if seat is not None:
                seat.flights += 1
                seat.backlog_s += flight.predicted_s
                seat.memory_in_flight += flight.claimed.job.needs.memory_bytes
        return list(seats.values())

    def took_off(self, flight: Flight) -> None:
        self._flights[flight.claimed.job.id] = flight

    def is_flying(self, job_id: str, attempt: int) -> bool:
        flight = self._flights.get(job_id)
        return flight is not None and flight.claimed.attempt == attempt

    def landed(self, job_id: str, attempt: int) -> Flight | None:
        """Forget a flight, if it is of this attempt."""
        flight = self._flights.get(job_id)
        if flight is None or flight.claimed.attempt != attempt:
            return None
        return self._flights.pop(job_id)

    def in_flight(self) -> list[tuple[str, int]]:
        """(job id, attempt) of every flight."""
        return [(job_id, flight.claimed.attempt) for job_id, flight in self._flights.items()]

    def flight(self, job_id: str) -> Flight | None:
        return self._flights.get(job_id)

    def __len__(self) -> int:
        return len(self._flights)
