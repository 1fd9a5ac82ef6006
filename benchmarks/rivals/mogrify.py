"""ImageMagick's and GraphicsMagick's mogrify: as many at once as there are cores, one thread each."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

from benchmarks.rivals.pool import chunk
from benchmarks.rivals.protocol import Files, InPlace, Missing, Sample

_QUALITY = {".jpg": "90", ".png": "35"}  # for PNG: zlib level 3, adaptive filters


class _Mogrify(InPlace):
    command: ClassVar[Sequence[str]]
    grayscale: ClassVar[Sequence[str]]
    out_option: ClassVar[str]
    package: ClassVar[str]

    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, cores)
        if shutil.which(self.command[0]) is None:
            raise Missing(f"{self.command[0]} is not installed: apt-get install -y {self.package}")

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Files:
        out = self.out()
        effect = self.grayscale if filter_name == "grayscale" else ("-blur", "0x3")
        quality = ("-quality", _QUALITY[pictures[0].path.suffix])
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MAGICK_THREAD_LIMIT": "1"}

        def convert(files: Sequence[str]) -> None:
            command = [*self.command, self.out_option, str(out), *effect, *quality, *files]
            subprocess.run(command, check=True, cwd=pictures[0].path.parent, env=environment)

        size = chunk(len(pictures), self.cores)
        names = [one.path.name for one in pictures]
        with ThreadPoolExecutor(self.cores) as pool:
            list(pool.map(convert, [names[at : at + size] for at in range(0, len(names), size)]))
        return Files(out, pictures)


class ImageMagick(_Mogrify):
    command = ("mogrify",)
    grayscale = ("-grayscale", "Rec601Luma")
    out_option = "-path"
    package = "imagemagick"


class GraphicsMagick(_Mogrify):
    command = ("gm", "mogrify")
    grayscale = ("-colorspace", "GRAY")
    out_option = "-output-directory"
    package = "graphicsmagick"
