"""Who filters now: as many pictures at a time as the worker has cores, and small ones beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

SMALL_BYTES = 32 * 1024 * 1024  # so little memory is held by as many pictures as there are threads


class Cores:
    def __init__(self, count: int) -> None:
        # A semaphore in C: taking a turn and passing it on costs a small picture's job no tenth of its time.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)

    @contextmanager
    def one(self, memory_bytes: int) -> Iterator[None]:
        """Wait for a core, unless the picture is small: it ends before a wait would be worth it."""
        if memory_bytes <= SMALL_BYTES:
            yield
            return
        self._free.get()
        try:
            yield
        finally:
            self._free.put(None)
