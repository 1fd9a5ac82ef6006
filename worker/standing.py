"""What a worker says of itself at any moment: written by its main thread, read by its reporter."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from dpip.domain import WorkerState


@dataclass(frozen=True, slots=True)
class Standing:
    worker_id: str
    instance: str
    report_interval_s: float
    state: WorkerState = WorkerState.JOINING
    incarnation: int = 0
    running_jobs: int = 0


class Board:
    """Holds the present standing; a change that others wait for wakes the reporter at once."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._news = threading.Condition()
        self._unread = False

    @property
    def standing(self) -> Standing:
        with self._news:
            return self._standing

    def change(self, **values: Any) -> None:
        with self._news:
            before, self._standing = self._standing, replace(self._standing, **values)
            if replace(before, running_jobs=0) != replace(self._standing, running_jobs=0):
                self._wake()

    def wake(self) -> None:
        with self._news:
            self._wake()

    def wait(self, timeout_s: float) -> None:
        """Until there is news, at most `timeout_s`."""
        with self._news:
            self._news.wait_for(lambda: self._unread, timeout_s)
            self._unread = False

    def _wake(self) -> None:
        self._unread = True
        self._news.notify_all()
