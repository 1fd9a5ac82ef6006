"""Reports wait here for the next transaction: the newest of each worker, and never too many."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from dpip.domain import WorkerState
from dpip.ports import Report

MAX_WORKERS = 10_000


class ReportBuffer:
    """Filled by the threads that answer workers, emptied by the monitor."""

    def __init__(self, max_workers: int = MAX_WORKERS) -> None:
        self._max = max_workers
        self._lock = threading.Lock()
        self._waiting: dict[str, Report] = {}
        self._last: dict[str, tuple[WorkerState, int]] = {}
        self._unknown: set[str] = set()
        self._news = threading.Event()

    def add(self, report: Report) -> bool:
        """Keep it instead of the worker's earlier one; False when there is no room for another worker.

        A report that changes what a worker is (not only how busy) is news, for which `wait` does not wait.
        """
        now = (report.state, report.incarnation)
        with self._lock:
            if report.worker_id not in self._waiting and len(self._waiting) >= self._max:
                return False
            self._waiting[report.worker_id] = report
            if self._last.get(report.worker_id) != now:
                if len(self._last) >= self._max:
                    self._last.clear()
                self._last[report.worker_id] = now
                self._news.set()
        return True

    def take(self) -> tuple[Report, ...]:
        with self._lock:
            taken = tuple(self._waiting.values())
            self._waiting.clear()
        return taken

    def give_back(self, reports: Iterable[Report]) -> None:
        """Keep what could not be stored, where nothing newer came meanwhile."""
        with self._lock:
            for report in reports:
                self._waiting.setdefault(report.worker_id, report)

    def refuse(self, worker_ids: Iterable[str]) -> None:
        """Nobody of these ids is registered: tell them so when they report again."""
        with self._lock:
            self._unknown.update(worker_ids)

    def refused(self, worker_id: str) -> bool:
        """True once for an id that was refused."""
        with self._lock:
            known = worker_id not in self._unknown
            self._unknown.discard(worker_id)
        return not known

    def wait(self, timeout_s: float) -> bool:
        """Sleep until there is news (True) or the time is up (False)."""
        news = self._news.wait(timeout_s)
        self._news.clear()
        return news

    def wake(self) -> None:
        """End a `wait` at once."""
        self._news.set()
