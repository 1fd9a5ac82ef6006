"""Outcomes travel in groups: every message through Ray costs more than a small job's outcome is worth."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from dpip.domain import Outcome

GROUP_WITHIN_S = 0.05  # how long a finished job waits for company, if others of its batch still run
LONG_JOB_S = 0.1  # a job that took this long goes out at once


class Tray:
    """Where jobs of a batch put their outcomes, and one reader takes them in groups.

    The reader is woken for the first of a group and for the last of the batch, not for each between.
    """

    def __init__(self, expected: int) -> None:
        self._total = self._missing = expected
        self._lock = threading.Lock()
        self._lying: list[Outcome] = []
        self._some = threading.Event()
        self._whole = threading.Event()

    def put(self, outcome: Outcome) -> None:
        """From any thread."""
        with self._lock:
            self._lying.append(outcome)
            self._missing -= 1
            if len(self._lying) == 1:
                self._some.set()
            if not self._missing:
                self._whole.set()

    def groups(self) -> Iterator[list[Outcome]]:
        """Yield all that are expected, as they come."""
        unread = self._total
        while unread:
            self._some.wait()
            if self._lying[0].timings.total <= LONG_JOB_S:
                self._whole.wait(GROUP_WITHIN_S)
            with self._lock:
                group, self._lying = self._lying, []
                self._some.clear()
            unread -= len(group)
            yield group
