"""Bounded concurrency: so many at once, a few waiting for a while, the others are sent away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from dpip.errors import TooMany


class _Waiter:
    def __init__(self, caller: str) -> None:
        self.caller = caller
        self.called = threading.Event()


class Turns:
    """`at_once` holders in all, and three quarters of that for one caller: nobody starves the others.

    Who waits is called in order, but for callers that hold their part already.
    """

    def __init__(self, at_once: int, wait_s: float, waiting: int, what: str) -> None:
        self._at_once = at_once
        self._per_caller = max(1, at_once * 3 // 4)
        self._wait_s = wait_s
        self._may_wait = waiting
        self._what = what
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()
        self._queue: dict[_Waiter, None] = {}

    @property
    def waiting(self) -> int:
        return len(self._queue)

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
        with self._lock:
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]
            self._call()

    def take(self, caller: str) -> None:
        """Wait for a turn, to be given back once. Raises `TooMany` when none comes in time."""
        waiter = _Waiter(caller)
        with self._lock:
            self._queue[waiter] = None
            self._call()
            if not waiter.called.is_set() and len(self._queue) > self._may_wait:
                del self._queue[waiter]
                raise self._too_many()
        if not waiter.called.wait(self._wait_s):
            with self._lock:
                if not waiter.called.is_set():
                    del self._queue[waiter]
                    raise self._too_many()

    def _call(self) -> None:
        """Give turns to those who may have one, in the order in which they came."""
        for waiter in list(self._queue):
            if self._held.total() >= self._at_once:
                return
            if self._held[waiter.caller] < self._per_caller:
                del self._queue[waiter]
                self._held[waiter.caller] += 1
                waiter.called.set()

    def _too_many(self) -> TooMany:
        return TooMany(
            f"too many {self._what} at the same time: at most {self._at_once}, and {self._per_caller} of one "
            "caller; try again in a moment"
        )
