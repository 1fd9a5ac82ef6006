"""How many requests somebody may make: a token bucket for each, in this process."""

from __future__ import annotations

import threading
import time

from dpip.errors import TooMany
from dpip.ports import Clock

BURST_S = 10.0  # so many seconds' worth may come at once
_KEPT = 10_000  # that are remembered; beyond that the memory begins anew
_OF_A_USER = "requests per second; wait, or send many images at once"


class Rates:
    """`per_second` requests of each caller on average; 0 is no bound, and costs nothing."""

    def __init__(self, per_second: float, clock: Clock = time.monotonic, what: str = _OF_A_USER) -> None:
        """`what` there were too many of, and what to do about it."""
        self._per_second = per_second
        self._most = max(1.0, per_second * BURST_S)
        self._clock = clock
        self._what = what
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}  # requests left, and when that was so

    def take(self, caller: str) -> None:
        """Count a request. Raises `TooMany`, which says when the next one may come."""
        if not self._per_second:
            return
        with self._lock:
            now = self._clock()
            if len(self._left) >= _KEPT and caller not in self._left:
                self._left.clear()
            left, since = self._left.get(caller, (self._most, now))
            left = min(self._most, left + (now - since) * self._per_second)
            enough = left >= 1.0
            self._left[caller] = (left - 1.0 if enough else left, now)
        if not enough:
            raise TooMany(f"more than {self._per_second:g} {self._what}", (1.0 - left) / self._per_second)
