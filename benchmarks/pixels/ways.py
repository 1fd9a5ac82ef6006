"""Each program's own best ordinary way through one file."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.pixels.tasks import CONVERT, PNG_LEVEL, QUALITY, SIDES, SIGMA

Work = Callable[[Path, Path, str], None]  # source, target, task


@dataclass(frozen=True, slots=True)
class Way:
    title: str
    work: Work
    in_processes: bool = False  # it needs a process per core; threads do for the others


def dpip(source: Path, target: Path, task: str) -> None:
    imaging, pipelines, limits = _engine()
    result = imaging.run(source.read_bytes(), pipelines(task, target.suffix), limits)
    target.write_bytes(result.data)


@functools.cache
def _engine() -> tuple[Any, Any, Any]:
    import imaging  # noqa: PLC0415

    imaging.configure_process()

    @functools.cache
    def pipelines(task: str, suffix: str) -> imaging.Pipeline:
        if task in SIDES:
            return imaging.parse_pipeline(f"resize:width={SIDES[task]},height={SIDES[task]}")
        if task == CONVERT:
            return imaging.parse_pipeline("convert", {"format": suffix[1:]})
        return imaging.parse_pipeline(task if task == "grayscale" else f"blur:sigma={SIGMA}")

    return imaging, pipelines, imaging.Limits()


def pillow(source: Path, target: Path, task: str) -> None:
    from PIL import Image, ImageFilter  # noqa: PLC0415

    save = {".png": {"compress_level": PNG_LEVEL}}.get(target.suffix, {"quality": QUALITY})
    with Image.open(source) as image:
        if task == "grayscale":
            image.draft("L", image.size)
            image.convert("L").save(target, **save)
        elif task in SIDES:
            image.thumbnail((SIDES[task], SIDES[task]), Image.Resampling.LANCZOS)
            image.save(target, **save)
        elif task == "blur":
            image.filter(ImageFilter.GaussianBlur(SIGMA)).save(target, **save)
        else:
            image.save(target, **save)


def vips(source: Path, target: Path, task: str) -> None:
    import pyvips  # noqa: PLC0415

    pyvips.cache_set_max(0)  # a file that comes again would not be decoded again
    save = {".png": {"compression": PNG_LEVEL}}.get(target.suffix, {"Q": QUALITY})
    if task in SIDES:
        image = pyvips.Image.thumbnail(str(source), SIDES[task], height=SIDES[task])
    else:
        image = pyvips.Image.new_from_file(str(source), access="sequential")
    if task == "grayscale":
        image = image.colourspace("b-w")
    elif task == "blur":
        image = image.gaussblur(SIGMA)
    image.write_to_file(str(target), **save)


def _magick(program: tuple[str, ...], hint: str, source: Path, target: Path, task: str) -> None:
    quality = () if target.suffix == ".png" else ("-quality", str(QUALITY))
    before: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    if task == "grayscale":
        done = ("-colorspace", "Gray")
    elif task == "blur":
        done = ("-blur", f"0x{SIGMA}")
    elif task in SIDES:
        side = SIDES[task]
        before = (
            ("-size", f"{side}x{side}") if hint == "size" else ("-define", f"{hint}={2 * side}x{2 * side}")
        )
        done = ("-resize", f"{side}x{side}")
    subprocess.run([*program, *before, source, *done, *quality, target], check=True)


def _program(*names: str) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)


def all_ways() -> dict[str, Way]:
    """By name; those that are installed here are told by `missing`."""
    gm, magick = _program("gm") or "gm", _program("magick", "convert") or "convert"
    return {
        "dpip": Way("DPIP", dpip),
        "pillow": Way("Pillow", pillow, in_processes=True),
        "vips": Way("pyvips", vips),
        "gm": Way("GraphicsMagick", functools.partial(_magick, (gm, "convert"), "size")),
        "magick": Way("ImageMagick", functools.partial(_magick, (magick,), "jpeg:size")),
    }


ENVIRONMENT = {
    **os.environ,
    "VIPS_CONCURRENCY": "1",  # as many pictures at a time as there are cores
    "OMP_NUM_THREADS": "1",
    "MAGICK_THREAD_LIMIT": "1",
}
