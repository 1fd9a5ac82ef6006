"""Plain Ray tasks, files in place: a task for each picture, for a few when they are many."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import ray

from benchmarks.rivals.pixels import filter_file, one_thread
from benchmarks.rivals.pool import chunk
from benchmarks.rivals.protocol import Files, InPlace, Sample

_OBJECT_STORE_BYTES = 200_000_000


def start_ray(cores: int) -> None:
    """A local Ray without dashboard."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=cores,
        include_dashboard=False,
        object_store_memory=_OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )


@ray.remote
def work(sources: Sequence[Path], out: Path, filter_name: str) -> None:
    one_thread()
    for source in sources:
        filter_file(source, out / source.name, filter_name)


class RayTasks(InPlace):
    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, cores)
        start_ray(cores)

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Files:
        out = self.out()
        size = chunk(len(pictures), self.cores)
        paths = [one.path for one in pictures]
        ray.get([work.remote(paths[at : at + size], out, filter_name) for at in range(0, len(paths), size)])
        return Files(out, pictures)

    def close(self) -> None:
        ray.shutdown()
