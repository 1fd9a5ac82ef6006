"""Passwords that are being checked at this moment, by what failures are counted by."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


class Pending:
    """Of this process; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    @contextmanager
    def among(self, keys: Sequence[str]) -> Iterator[Mapping[str, int]]:
        """Counts one more for each key while it lasts; gives how many others there were."""
        with self._lock:
            others = {key: self._counts[key] for key in keys}
            self._counts.update(keys)
        try:
            yield others
        finally:
            with self._lock:
                self._counts.subtract(keys)
                for key in keys:
                    if not self._counts[key]:
                        del self._counts[key]
