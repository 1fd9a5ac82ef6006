"""multiprocessing.Pool, a process per core, files in place."""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.rivals.pixels import filter_file, one_thread
from benchmarks.rivals.protocol import Files, InPlace, Sample

_CHUNKS_PER_CORE = 16
_LARGEST_CHUNK = 16


def chunk(count: int, cores: int) -> int:
    """Few pictures at a time at the end, and not a message for each small one."""
    return max(1, min(_LARGEST_CHUNK, count // (cores * _CHUNKS_PER_CORE)))


def work(source: Path, out: Path, filter_name: str) -> None:
    filter_file(source, out / source.name, filter_name)


class ProcessPool(InPlace):
    def __init__(self) -> None:
        super().__init__()
        self._pool: multiprocessing.pool.Pool | None = None

    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, cores)
        self._pool = multiprocessing.get_context("forkserver").Pool(cores, one_thread)

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Files:
        if self._pool is None:
            raise RuntimeError("prepare comes first")
        out = self.out()
        task = partial(work, out=out, filter_name=filter_name)
        for _ in self._pool.imap_unordered(
            task, [one.path for one in pictures], chunk(len(pictures), self.cores)
        ):
            pass
        return Files(out, pictures)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool.join()
