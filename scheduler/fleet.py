"""The workers of the register with their seats, and the flights of this scheduler. Kept up to date by
what changes, never rebuilt: its cost does not grow with the number of workers."""

from __future__ import annotations

from collections.abc import Iterable

from dpip.domain import Worker, WorkerState
from scheduler.seat import Flight, Seat
from scheduler.window import has_room


class Fleet:
    def __init__(self) -> None:
        self._seats: dict[str, Seat] = {}  # by worker id, of all workers of the register
        self._open: dict[str, Seat] = {}  # those that take a job now
        self._gone: dict[str, int] = {}  # worker id -> incarnation whose actor is known to be dead
        self._flights: dict[tuple[str, int], list[Flight]] = {}  # by attempt; two while it has a copy
        self.cores = 0  # of the workers that take jobs

    # --- workers ---------------------------------------------------------------------------------

    def update(self, workers: Iterable[Worker], now: float) -> list[Flight]:
        """Take the register's view; returns flights whose worker is no more."""
        before, self._seats = self._seats, {}
        for worker in workers:
            seat = before.pop(worker.id, None)
            if seat is None:
                seat = Seat(worker, frozenset(worker.tags), idle_since=now)
            elif seat.worker is not worker:
                seat.worker, seat.tags = worker, frozenset(worker.tags)
            self._seats[worker.id] = seat
            self._reopen(worker.id)
        for worker_id in before:
            self._open.pop(worker_id, None)
        self.cores = sum(seat.cores for seat in self._seats.values() if self.takes_jobs(seat.worker))
        return [flight for flight in self.flights() if not self._has(flight)]

    def _has(self, flight: Flight) -> bool:
        worker = self.worker(flight.claimed.worker_id)
        return (
            worker is not None
            and worker.state in {WorkerState.ALIVE, WorkerState.DRAINING}
            and worker.incarnation == flight.incarnation
        )

    def actor_died(self, worker_id: str, incarnation: int) -> None:
        """Place nothing more there until the register shows a newer incarnation."""
        self._gone[worker_id] = max(incarnation, self._gone.get(worker_id, -1))
        self._reopen(worker_id)

    def takes_jobs(self, worker: Worker) -> bool:
        return worker.state is WorkerState.ALIVE and worker.incarnation > self._gone.get(worker.id, -1)

    def worker(self, worker_id: str) -> Worker | None:
        seat = self._seats.get(worker_id)
        return None if seat is None else seat.worker

    def offered_tags(self) -> frozenset[str]:
        return frozenset(tag for seat in self.seats() for tag in seat.tags)

    def seats(self) -> list[Seat]:
        """Of the workers that take jobs, with room or without."""
        return [seat for seat in self._seats.values() if self.takes_jobs(seat.worker)]

    def open_seats(self) -> list[Seat]:
        """Of the workers that have room for a job now."""
        return list(self._open.values())

    def _reopen(self, worker_id: str) -> None:
        seat = self._seats.get(worker_id)
        if seat is not None and self.takes_jobs(seat.worker) and has_room(seat):
            self._open[worker_id] = seat
        else:
            self._open.pop(worker_id, None)

    # --- flights ---------------------------------------------------------------------------------

    def took_off(self, flight: Flight, now: float) -> None:
        self._flights.setdefault(flight.attempt, []).append(flight)
        worker_id = flight.claimed.worker_id
        self._seats[worker_id].board(flight, now)
        self._reopen(worker_id)

    def flight(self, job_id: str, attempt: int, worker_id: str) -> Flight | None:
        for flight in self._flights.get((job_id, attempt), ()):
            if flight.claimed.worker_id == worker_id:
                return flight
        return None

    def sibling(self, flight: Flight) -> Flight | None:
        """The other flight of the same attempt, if it is still waited for."""
        for other in self._flights.get(flight.attempt, ()):
            if other is not flight and not other.lost:
                return other
        return None

    def awaits(self, job_id: str, attempt: int, *, but: str) -> bool:
        """Whether this attempt is waited for from another worker than that."""
        flights = self._flights.get((job_id, attempt), ())
        return any(not flight.lost and flight.claimed.worker_id != but for flight in flights)

    def landed(self, flight: Flight, now: float) -> None:
        """Forget a flight."""
        together = self._flights.get(flight.attempt, [])
        if flight not in together:
            return
        together.remove(flight)
        if not together:
            del self._flights[flight.attempt]
        worker_id = flight.claimed.worker_id
        seat = self._seats.get(worker_id)
        if seat is not None and seat.carries(flight):
            seat.leave(flight, now)
            self._reopen(worker_id)

    def in_flight(self) -> list[tuple[str, int]]:
        """(job id, attempt) of what is waited for."""
        return [
            attempt
            for attempt, flights in self._flights.items()
            if not all(flight.lost for flight in flights)
        ]

    def flights(self) -> list[Flight]:
        return [flight for flights in self._flights.values() for flight in flights]

    def alone(self) -> list[Flight]:
        """Flights that are waited for and have no copy."""
        return [flights[0] for flights in self._flights.values() if len(flights) == 1 and not flights[0].lost]

    def __len__(self) -> int:
        """How many attempts have flights, be they lost."""
        return len(self._flights)
