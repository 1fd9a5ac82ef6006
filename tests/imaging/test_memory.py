"""The memory estimate against what a process really takes, and many threads at once."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from imaging import Limits, estimate_memory, parse_pipeline, read_header
from tests.imaging.samples import filtered, rgb, saved

_MEASURE = """
import io, resource, sys
import imaging
imaging.configure_process()
pipeline = imaging.parse_pipeline(sys.argv[2])
small = open(sys.argv[3], "rb").read()
imaging.run(small, pipeline, imaging.Limits())  # libraries loaded, tables made
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
data = open(sys.argv[1], "rb").read()
imaging.run(data, pipeline, imaging.Limits())
print(peak() - before)
"""
PIXELS = rgb(12)


@pytest.mark.parametrize("filter_", ["grayscale", "blur", "blur:sigma=40"])
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "bmp", "tiff", "png-alpha", "jpeg-turned"])
def test_estimate_is_near_what_is_taken(kind: str, filter_: str, tmp_path: Path) -> None:
    form = kind.partition("-")[0]
    pixels = PIXELS if kind != "webp" else PIXELS[:2000, :2000]
    if kind == "png-alpha":
        pixels = pixels[:2000, :2000]
        pixels = np.dstack((pixels, pixels[..., 1]))
    options = {"webp": {"lossless": False, "method": 0}, "png": {"compress_level": 1}}.get(form, {})
    if kind == "jpeg-turned":
        from PIL import Image  # noqa: PLC0415

        turned = Image.Exif()
        turned[0x0112] = 6
        options = {"exif": turned}
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(saved(pixels, form, **options))
    small.write_bytes(saved(pixels[:64, :64].copy(), form, **options))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, large, filter_, small], capture_output=True, check=True, text=True
    )
    taken = int(done.stdout)
    size = large.stat().st_size
    with large.open("rb") as stream:
        estimate = estimate_memory(read_header(stream, size, Limits()), parse_pipeline(filter_))
    print(f"{kind} {filter_}: estimated {estimate / 1e6:.0f} MB, taken {taken / 1e6:.0f} MB")
    assert taken / 1.5 < estimate < taken * 1.5


def test_many_threads_at_once_give_what_one_gives() -> None:
    jobs = [(saved(rgb(0.1), form), filter_) for form in ("jpeg", "png") for filter_ in ("grayscale", "blur")]
    alone = [filtered(*job).data for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda job: filtered(*job).data, jobs * 8))
    assert together == alone * 8


def test_estimate_grows_with_the_picture() -> None:
    sizes = []
    for megapixels in (0.1, 0.4):
        data = saved(rgb(megapixels), "jpeg")
        header = read_header(io.BytesIO(data), len(data), Limits())
        sizes.append(estimate_memory(header, parse_pipeline("blur")))
    assert sizes[0] < sizes[1]
