"""DPIP's own engine without DPIP around it: what the system costs is what lies between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import imaging
from benchmarks.rivals.protocol import InMemory, Sample


class Engine:
    """In memory, as many threads as there are cores."""

    roles: ClassVar[Mapping[str, str]] = {}
    in_memory: ClassVar[bool] = True

    def __init__(self) -> None:
        self._threads = 1
        self._limits = imaging.Limits()
        self._parts: dict[str, float] = {}

    def prepare(self, folder: Path, cores: int) -> None:
        imaging.configure_process(self._limits)
        self._threads = cores

    def run(self, pictures: Sequence[Sample], filter_name: str) -> InMemory:
        pipeline = imaging.parse_pipeline(filter_name)
        with ThreadPoolExecutor(self._threads) as pool:
            done = list(pool.map(lambda one: imaging.run(one.data, pipeline, self._limits), pictures))
        for part in ("decode", "filter", "encode"):
            spent = sum(getattr(result.timings, part) for result in done)
            self._parts[part] = 1000 * spent / len(done)
        return InMemory([result.data for result in done])

    def parts(self) -> Mapping[str, float]:
        return self._parts

    def close(self) -> None:
        return
