"""What goes over one end of the bus, counted by kind of message and by what became of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

Count = Callable[[str, str], None]  # (kind: "hint", ...; outcome: "sent", "received", "dropped", "refused")


def uncounted(_kind: str, _outcome: str) -> None:
    """For ends that nobody asks."""


class Tally:
    """A `Count` that remembers; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted = Counter[str]()

    def __call__(self, kind: str, outcome: str) -> None:
        with self._lock:
            self._counted[f"{kind} {outcome}"] += 1

    def counted(self) -> dict[str, int]:
        """By "<kind> <outcome>"."""
        with self._lock:
            return dict(self._counted)
