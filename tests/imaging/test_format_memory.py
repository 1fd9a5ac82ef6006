"""The memory estimate of every format, read and written, of frames and of pages, against what is taken."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging import FORMATS, Limits, estimate_memory, parse_pipeline, read_header
from tests.imaging.moving import animated, pictures
from tests.imaging.samples import Array, filtered, rgb, saved

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc to see a peak"
)
_MEASURE_ALL = """
import ctypes
import sys
from pathlib import Path
import imaging

def memory(kind):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) * 1024

trim = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: 0)
for line in sys.stdin.read().splitlines():
    path, text = line.split()
    pipeline = imaging.parse_pipeline(text)
    imaging.run(Path(path + "-small").read_bytes(), pipeline, imaging.Limits())  # loads libraries
    trim(0)  # what is free is given back
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memory("VmRSS")
    data = Path(path).read_bytes()
    imaging.run(data, pipeline, imaging.Limits())
    print(memory("VmHWM") - before)
    del data
"""
READ = ("grayscale", "blur", "convert:format=bmp")
FAMILIES = ("invert", "edges", "crop:width=60%", "rotate:angle=12")  # each takes memory in a way of its own
WRITTEN = tuple(
    f"convert:format={target}"
    for target in ("gif", "avif", "avif,lossless=true", "jpeg2000", "jpeg2000,lossless=true", "pnm", "tiff")
)
FRAMES = 4


def moving(form: str) -> Callable[[Array], bytes]:
    def made(pixels: Array) -> bytes:
        frames = [np.roll(pixels, 37 * number, 1) for number in range(FRAMES)]
        return animated(form, frames, **({"speed": 9} if form == "avif" else {}))

    return made


def deep(pixels: Array) -> Array:
    return pixels[..., ::-1].astype(np.uint16) * 256


def by_opencv(extension: str, *parameters: int) -> Callable[[Array], bytes]:
    return lambda pixels: cv2.imencode(extension, deep(pixels), parameters)[1].tobytes()


def by_engine(pixels: Array, kind: str) -> bytes:
    """Of the format as it is written here."""
    form, _, guise = kind.partition("-")
    if guise:
        return saved(pixels, form, progressive=True)
    return filtered(saved(pixels, "bmp"), "convert", format=form).data


MEGAPIXELS = 1.2
MOVING_MEGAPIXELS = 0.5
LIGHT_MEGAPIXELS = 4.0  # of formats that take so little that what is always counted would show
LIGHT = frozenset(
    f"{form}-filtered" for form in ("jpeg", "jpeg-progressive", "png", "webp", "bmp", "pnm", "tiff")
)
CASES: dict[str, tuple[Callable[[Array], bytes], tuple[str, ...]]] = {
    "gif": (lambda pixels: saved(Image.fromarray(pixels).quantize(128), "gif"), READ),
    "avif": (lambda pixels: saved(pixels, "avif", speed=9), READ),
    "avif-alpha": (lambda pixels: saved(np.dstack((pixels, pixels[..., 1])), "avif", speed=9), READ[:1]),
    "avif-deep": (by_opencv(".avif", cv2.IMWRITE_AVIF_DEPTH, 12, cv2.IMWRITE_AVIF_SPEED, 9), READ[1:]),
    "jpeg2000": (lambda pixels: saved(pixels, "jpeg2000"), READ),
    "jpeg2000-deep": (by_opencv(".jp2", cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000), READ[1:]),
    "pnm": (lambda pixels: saved(pixels, "ppm"), READ),
    "jpeg": (lambda pixels: saved(pixels, "jpeg"), WRITTEN),
    "png-deep": (by_opencv(".png", cv2.IMWRITE_PNG_COMPRESSION, 1), (WRITTEN[1], WRITTEN[3])),
    "gif-moving": (moving("gif"), (*READ[:2], "convert:format=webp")),
    "png-moving": (moving("png"), (*READ[:2], "convert:format=gif", "convert:format=tiff")),
    "webp-moving": (moving("webp"), ("blur", "convert:format=avif")),
    "avif-moving": (moving("avif"), ("blur", "convert:format=png")),
    "tiff-pages": (moving("tiff"), READ[:2]),
    **{
        f"{form}-filtered": (lambda pixels, form=form: by_engine(pixels, form), FAMILIES)
        for form in (*FORMATS, "jpeg-progressive")
        if form == "jpeg-progressive" or FORMATS[form].available
    },
}


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """Bytes by kind and pipeline, all measured in one process."""
    folder = tmp_path_factory.mktemp("measured")
    lines = []
    for kind, (make, pipelines) in CASES.items():
        several = "-moving" in kind or "-pages" in kind
        pixels = rgb(MOVING_MEGAPIXELS if several else LIGHT_MEGAPIXELS if kind in LIGHT else MEGAPIXELS)
        (folder / kind).write_bytes(make(pixels))
        (folder / f"{kind}-small").write_bytes(make(np.ascontiguousarray(pixels[:64, :64])))
        lines += [f"{folder / kind} {pipeline}" for pipeline in pipelines]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE_ALL],
        input="\n".join(lines),
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)},  # what is freed is seen to be free
    )
    found: dict[str, dict[str, int]] = {}
    for line, bytes_taken in zip(lines, done.stdout.splitlines(), strict=True):
        path, pipeline = line.split()
        found.setdefault(Path(path).name, {})[pipeline] = int(bytes_taken)
    found["folder"] = {str(folder): 0}
    return found


@pytest.mark.parametrize("kind", CASES)
def test_estimate_is_near_what_is_taken(kind: str, taken: dict[str, dict[str, int]]) -> None:
    large = Path(next(iter(taken["folder"]))) / kind
    with large.open("rb") as stream:
        header = read_header(stream, large.stat().st_size, Limits())
    ratios = {}
    for pipeline, measured in taken[kind].items():
        estimate = estimate_memory(header, parse_pipeline(pipeline))
        ratios[pipeline] = round(estimate / measured, 2)
        print(f"{kind} {pipeline}: estimated {estimate / 1e6:.0f} MB, taken {measured / 1e6:.0f} MB")
    assert not {pipeline: ratio for pipeline, ratio in ratios.items() if not 1 / 1.5 < ratio < 1.5}


def test_more_frames_take_no_more_than_what_they_become() -> None:
    """Frames go one by one: beside the file and the results, memory does not grow with their number."""
    data = animated("gif", pictures(2, 0.2))
    header = read_header(io.BytesIO(data), len(data), Limits())
    blur = parse_pipeline("blur")
    few = estimate_memory(header, blur)
    many = replace(header, frames=200, size_bytes=100 * len(data))
    assert estimate_memory(many, blur) - few < 4 * many.size_bytes
    assert estimate_memory(many, blur) < 200 * header.width * header.height * 3
