"""Ray Data, files in place: read the bytes, map them, and write the results in the map.

Its own `write_images` knows no quality and decodes into the object store; this is about twice as fast.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ray.data

from benchmarks.rivals.pixels import filtered, one_thread
from benchmarks.rivals.protocol import Files, InPlace, Sample
from benchmarks.rivals.ray_tasks import start_ray


class Work:
    """What each row goes through."""

    def __init__(self, out: Path, filter_name: str) -> None:
        self._out, self._filter = out, filter_name

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        one_thread()
        name = Path(row["path"]).name
        (self._out / name).write_bytes(filtered(row["bytes"], Path(name).suffix, self._filter))
        return {"name": name}


class RayData(InPlace):
    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, cores)
        start_ray(cores)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Files:
        out = self.out()
        rows = ray.data.read_binary_files([str(one.path) for one in pictures], include_paths=True)
        rows.map(Work(out, filter_name).__call__).materialize()
        return Files(out, pictures)

    def close(self) -> None:
        ray.shutdown()
