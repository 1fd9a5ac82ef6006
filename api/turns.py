"""Bounded concurrency: so many at once, a few waiting for a while, the others are sent away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from dpip.errors import TooMany


class Turns:
    """`at_once` holders in all, and three quarters of that for one caller: nobody starves the others."""

    def __init__(self, at_once: int, wait_s: float, waiting: int, what: str) -> None:
        self._at_once = at_once
        self._per_caller = max(1, at_once * 3 // 4)
        self._wait_s = wait_s
        self._may_wait = waiting
        self._what = what
        self._changed = threading.Condition()
        self._held: Counter[str] = Counter()
        self.waiting = 0

    @contextmanager
    def turn(self, caller: str) -> Iterator[None]:
        """Raises `TooMany` when no turn comes in time."""
        self.take(caller)
        try:
            yield
        finally:
            self.give_back(caller)

    def give_back(self, caller: str) -> None:
        """What `take` took."""
        with self._changed:
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]
            self._changed.notify_all()

    def take(self, caller: str) -> None:
        """Wait for a turn, to be given back once. Raises `TooMany` when none comes in time."""
        with self._changed:
            if not self._free(caller):
                if self.waiting >= self._may_wait:
                    raise self._too_many()
                self.waiting += 1
                try:
                    if not self._changed.wait_for(lambda: self._free(caller), self._wait_s):
                        raise self._too_many()
                finally:
                    self.waiting -= 1
            self._held[caller] += 1

    def _free(self, caller: str) -> bool:
        return self._held.total() < self._at_once and self._held[caller] < self._per_caller

    def _too_many(self) -> TooMany:
        return TooMany(
            f"too many {self._what} at the same time: at most {self._at_once}, and {self._per_caller} of one "
            "caller; try again in a moment"
        )
