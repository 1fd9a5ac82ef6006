"""Hints that say the same, said once: uploads by the hundred need no hundred hints."""

from __future__ import annotations

import threading
import time

from dpip.ports import Announcer, Clock

INTERVAL_S = 0.02
_REMEMBERED = 1024  # different hints; beyond that the memory begins anew
_JOIN_S = 5.0

_Hint = tuple[str, tuple[tuple[str, str], ...]]


class CoalescingAnnouncer:
    """An `Announcer` before another: a hint passes at once, its repetitions within the interval as one."""

    def __init__(
        self, announcer: Announcer, interval_s: float = INTERVAL_S, clock: Clock = time.monotonic
    ) -> None:
        self._announcer = announcer
        self._interval_s = interval_s
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[_Hint, float] = {}
        self._held: set[_Hint] = set()
        self._work = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="held-hints", daemon=True)
        self._thread.start()

    def announce(self, topic: str, body: dict[str, str]) -> None:
        hint = (topic, tuple(sorted(body.items())))
        with self._lock:
            now = self._clock()
            if now - self._said.get(hint, -self._interval_s) < self._interval_s:
                self._held.add(hint)
                self._work.set()
                return
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            self._said[hint] = now
        self._announcer.announce(topic, body)

    def close(self) -> None:
        """Say what is held back, and end."""
        self._closing.set()
        self._work.set()
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._work.wait()
            self._closing.wait(self._interval_s)
            with self._lock:
                held, self._held = self._held, set()
                self._work.clear()
                self._said.update(dict.fromkeys(held, self._clock()))
            for topic, body in held:
                self._announcer.announce(topic, dict(body))
