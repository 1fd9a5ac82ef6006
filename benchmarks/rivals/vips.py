"""libvips: a thread per core, each with its own picture and no threads of libvips beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"  # libvips reads it when it is loaded
import pyvips

from benchmarks.rivals.pixels import SIGMA
from benchmarks.rivals.protocol import Files, InPlace, Sample

_SAVE = {".jpg": {"Q": 90}, ".png": {"compression": 3}}


def work(source: Path, target: Path, filter_name: str) -> None:
    picture = pyvips.Image.new_from_file(str(source), access="sequential")
    picture = picture.colourspace("b-w") if filter_name == "grayscale" else picture.gaussblur(SIGMA)
    picture.write_to_file(str(target), **_SAVE[source.suffix])


class Vips(InPlace):
    def run(self, pictures: Sequence[Sample], filter_name: str) -> Files:
        out = self.out()
        with ThreadPoolExecutor(self.cores) as pool:
            list(pool.map(lambda one: work(one.path, out / one.path.name, filter_name), pictures))
        return Files(out, pictures)
