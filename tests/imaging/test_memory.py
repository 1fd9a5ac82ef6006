"""The memory estimate against what a process really takes, and many threads at once."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging import Limits, estimate_memory, parse_pipeline, read_header
from tests.imaging.samples import ORIENTATION, Array, filtered, rgb, saved

_MEASURE = """
import ctypes
import sys
from pathlib import Path
from typing import Any
import imaging

def memory(kind):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) * 1024

large, small, *filters = sys.argv[1:]
for text in filters:
    pipeline = imaging.parse_pipeline(text)
    imaging.run(Path(small).read_bytes(), pipeline, imaging.Limits())  # libraries loaded, tables made
    getattr(ctypes.CDLL(None), "malloc_trim", lambda _: 0)(0)  # what is free is given back
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memory("VmRSS")
    data = Path(large).read_bytes()
    imaging.run(data, pipeline, imaging.Limits())
    print(memory("VmHWM") - before)
    del data
"""
FILTERS = ("grayscale", "blur", "blur:sigma=40")


def sample(kind: str, pixels: Array) -> bytes:
    """A camera's picture in a few of its guises, encoded quickly."""
    form, _, guise = kind.partition("-")
    options: dict[str, Any] = {"webp": {"lossless": False, "method": 0}, "png": {"compress_level": 1}}.get(
        form, {}
    )
    if guise == "alpha":
        pixels = np.dstack((pixels, pixels[..., 1]))
    if guise == "turned":
        turned = Image.Exif()
        turned[ORIENTATION] = 6
        options = {"exif": turned}
    if guise == "progressive":
        options = {"progressive": True}
    if guise == "lossless":
        pixels = np.ascontiguousarray(pixels[:1000, :1500])  # packing it takes long
        options = {"lossless": True, "method": 0}
    return saved(pixels, form, **options)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc to see a peak")
@pytest.mark.parametrize(
    "kind",
    ["jpeg", "png", "webp", "bmp", "tiff", "png-alpha", "jpeg-turned", "jpeg-progressive", "webp-lossless"],
)
def test_estimate_is_near_what_is_taken(kind: str, tmp_path: Path) -> None:
    pixels = rgb(6)
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(sample(kind, pixels))
    small.write_bytes(sample(kind, np.ascontiguousarray(pixels[:64, :64])))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, large, small, *FILTERS],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)},  # what is freed is seen to be free
    )
    size = large.stat().st_size
    with large.open("rb") as stream:
        header = read_header(stream, size, Limits())
    for filter_, line in zip(FILTERS, done.stdout.splitlines(), strict=True):
        estimate, taken = estimate_memory(header, parse_pipeline(filter_)), int(line)
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
