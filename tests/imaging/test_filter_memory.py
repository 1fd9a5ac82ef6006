"""What filters say they need beside input and output, against what a process really takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imaging.filter_modes import EXAMPLES

_WIDE = (
    "box_blur:radius=100",
    "clahe:tiles=16",
    "median:radius=20",
    "morphology:radius=20",
    "motion_blur:length=100,angle=30",
    "unsharp_mask:sigma=20",
)
_FOR_COLOUR = ("hue", "saturation", "white_balance")  # of gray they give back what they were given
_SLOW = ("denoise",)  # measured on a picture of its own size
_MEASURE = """
import sys
from pathlib import Path
import cv2
import numpy as np
from imaging.estimate import filter_peak
from imaging.picture import Picture
from imaging.transparency import filtered
from tests.imaging.filter_modes import made, photograph
from tests.imaging.test_filter_modes import shape_of

def memory(kind):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) * 1024

cv2.setNumThreads(1)
mode, slow, *texts = sys.argv[1:]
small = photograph(mode)
large = np.ascontiguousarray(np.tile(small, (6, 5) + (1,) * (small.ndim - 2)))
for text in texts:
    filter_ = made(text)
    if not filter_.takes_16_bit and large.itemsize > 1:
        continue
    pixels = np.ascontiguousarray(large[:360]) if text in slow.split() else large
    filtered(filter_, Picture(small))  # libraries loaded, tables made
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memory("VmRSS")
    result = filtered(filter_, Picture(pixels))
    taken = memory("VmHWM") - before + pixels.nbytes
    del result
    shape = shape_of(pixels)
    print(filter_peak(filter_, shape, filter_.shape_after(shape)), taken, text, sep="\\t")
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc to see a peak")
@pytest.mark.parametrize("mode", ["colour8", "gray16", "colour+alpha8"])
def test_estimates_are_near_what_filters_take(mode: str) -> None:
    texts = [text for text in (*EXAMPLES, *_WIDE) if mode != "gray16" or not text.startswith(_FOR_COLOUR)]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, mode, " ".join(_SLOW), *texts],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)},  # what is freed is seen to be free
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) >= len(texts) - 2  # those that work in 8 bits
    for estimate, taken, text in lines:
        print(f"{mode} {text}: estimated {int(estimate) / 1e6:.1f} MB, taken {int(taken) / 1e6:.1f} MB")
        assert int(taken) / 1.5 < int(estimate) < int(taken) * 1.5, (text, estimate, taken)
