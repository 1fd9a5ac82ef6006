"""The memory estimate of filters that shape and compose against what a process really takes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imaging import Limits, estimate_memory, parse_pipeline, read_header
from imaging.filters import FILTERS
from tests.imaging.samples import rgb, saved
from tests.imaging.test_memory import _MEASURE

NAMES = (
    *("resize", "thumbnail", "crop", "trim", "rotate", "flip", "pad", "canvas"),
    *("watermark", "watermark_picture", "redact", "border", "vignette"),
)
PIPELINES = [
    *(f"{name}:{FILTERS[name].example}" if FILTERS[name].example else name for name in NAMES),
    "resize:width=1400",
    "resize:width=1400,linear_light=true",
    "resize:width=600,linear_light=true",
    "rotate:angle=30,background=transparent",
    "watermark:text=draft,tile=true,rotation=30,size=10%",
    "redact:regions=0 0 100% 100%,mode=blur",
]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc to see a peak")
@pytest.mark.parametrize("kind", ["colour", "colour and alpha"])
def test_estimate_is_near_what_is_taken(kind: str, tmp_path: Path) -> None:
    pixels = rgb(1.5)
    if kind == "colour and alpha":
        pixels = np.dstack((pixels, pixels[..., 1]))
    large, small = tmp_path / "large", tmp_path / "small"
    data = saved(pixels, "bmp")  # quick to decode and to encode: the filter is what is measured
    large.write_bytes(data)
    small.write_bytes(saved(np.ascontiguousarray(pixels[:64, :64]), "bmp"))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, large, small, *PIPELINES],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)},  # what is freed is seen to be free
    )
    header = read_header(io.BytesIO(data), len(data), Limits())
    wrong = []
    for pipeline, line in zip(PIPELINES, done.stdout.splitlines(), strict=True):
        estimate, taken = estimate_memory(header, parse_pipeline(pipeline)), int(line)
        print(f"{pipeline[:50]}: estimated {estimate / 1e6:.0f} MB, taken {taken / 1e6:.0f} MB")
        if not taken / 1.5 < estimate < taken * 1.5:
            wrong.append(f"{pipeline[:50]}: estimated {estimate:,}, taken {taken:,}")
    assert not wrong
