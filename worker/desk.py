"""The jobs that are in an actor now."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from dpip.domain import ClaimedJob
from worker.failures import Cancelled


class Ticket:
    """One attempt at one job, from its arrival to its outcome."""

    def __init__(self, claimed: ClaimedJob) -> None:
        self.claimed = claimed
        self.cancelled = False
        self.filtering_since: float | None = None  # monotonic seconds

    def check(self) -> None:
        """Raises `Cancelled`; called between the steps of a job."""
        if self.cancelled:
            raise Cancelled


class Desk:
    """Who is here, and for how long. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets: dict[tuple[str, int], Ticket] = {}

    def take(self, claimed: ClaimedJob) -> Ticket:
        """A new attempt at a job cancels an earlier one: its result would be refused anyway."""
        ticket = Ticket(claimed)
        with self._lock:
            for (job_id, attempt), other in self._tickets.items():
                if job_id == claimed.job.id and attempt < claimed.attempt:
                    other.cancelled = True
            self._tickets[claimed.job.id, claimed.attempt] = ticket
        return ticket

    def leave(self, ticket: Ticket) -> None:
        with self._lock:
            self._tickets.pop((ticket.claimed.job.id, ticket.claimed.attempt), None)

    def cancel(self, jobs: Iterable[tuple[str, int]]) -> None:
        """Those that are not here (any more) are nobody's concern."""
        with self._lock:
            for key in jobs:
                ticket = self._tickets.get((key[0], key[1]))
                if ticket is not None:
                    ticket.cancelled = True

    def __len__(self) -> int:
        return len(self._tickets)

    def oldest_s(self) -> float:
        """For how long the slowest picture has been filtered; 0 when none is."""
        with self._lock:
            begun = [t.filtering_since for t in self._tickets.values() if t.filtering_since is not None]
        return time.monotonic() - min(begun) if begun else 0.0
