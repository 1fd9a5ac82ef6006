"""Files of counts whose blocks are theirs before anything is written to them.

prometheus_client maps files with holes. On a full disk a write to a hole ends the process by a signal that
nothing can catch. Here a file has its blocks first; where the disk has none left, counting goes on in memory
alone, and what is counted from then on is not shared with other serving processes.
"""

from __future__ import annotations

import io
import mmap
import os
from contextlib import suppress
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

FIRST_BYTES = 512 * 1024  # as much as all routes and statuses that there are come to
_LONGEST_BYTES = 16 * 1024  # that one more series may take: a key, and two numbers


class AllocatedDict(MmapedDict):
    """Only for writing: reading needs no blocks."""

    def __init__(self, filename: str) -> None:
        if _allocated(Path(filename), FIRST_BYTES):
            super().__init__(filename)  # type: ignore[no-untyped-call]
            return
        self._f = io.BytesIO()  # no file
        self._capacity, self._used = FIRST_BYTES, 8
        self._m = mmap.mmap(-1, self._capacity)
        self._positions = {}

    def _init_value(self, key: str) -> None:
        if self._used + _LONGEST_BYTES > self._capacity:
            self._grow()
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _grow(self) -> None:
        """Twice as large; in the file, where it has room."""
        held, self._capacity = self._m, 2 * self._capacity
        try:
            os.posix_fallocate(self._f.fileno(), 0, self._capacity)
            self._m = mmap.mmap(self._f.fileno(), self._capacity)
        except OSError:
            self._m = mmap.mmap(-1, self._capacity)
            self._m[: len(held)] = held[:]


def _allocated(file: Path, size: int) -> bool:
    """Whether the file has its blocks now; one that got none is removed."""
    try:
        with file.open("a+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, size)
    except OSError:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        return False
    return True
