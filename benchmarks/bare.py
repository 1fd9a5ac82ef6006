"""The yardstick: decode, filter, encode in memory with OpenCV. No network, no disk, no jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

from benchmarks.rivals.pixels import filtered, one_thread
from benchmarks.rivals.protocol import InMemory, Sample


class BareLoop:
    """As many threads as there are cores, one OpenCV thread each."""

    roles: ClassVar[Mapping[str, str]] = {}
    in_memory: ClassVar[bool] = True

    def __init__(self) -> None:
        self._threads = 1

    def prepare(self, folder: Path, cores: int) -> None:
        one_thread()
        self._threads = cores

    def run(self, pictures: Sequence[Sample], filter_name: str) -> InMemory:
        with ThreadPoolExecutor(self._threads) as pool:
            return InMemory(
                list(pool.map(lambda one: filtered(one.data, one.path.suffix, filter_name), pictures))
            )

    def parts(self) -> Mapping[str, float]:
        return {}

    def close(self) -> None:
        return


class Sequential(BareLoop):
    """The same in one thread."""

    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, 1)
