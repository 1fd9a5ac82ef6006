"""Resampling by products of matrices: exact, so the same everywhere, and what the formula says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imaging import banded
from imaging.banded import LANCZOS, LINEAR, Kernel
from imaging.geometry import Size
from tests.imaging.samples import Array, psnr, rgb

KERNELS = {"lanczos": LANCZOS, "linear": LINEAR}
METHODS = {"lanczos": Image.Resampling.LANCZOS, "linear": Image.Resampling.BILINEAR}
sides = st.integers(1, 150)


def in_whole_numbers(pixels: Array, size: Size, kernel: Kernel) -> Array:
    """The same weights, summed in 64-bit integers."""
    mixed = pixels.astype(np.int64)
    for axis, after in ((0, size.height), (1, size.width)):
        before = mixed.shape[axis]
        weights = np.zeros((after, before), np.int64)
        for band in banded._bands(before, after, kernel, before):
            weights[band.target, band.source] = band.weights
        mixed = np.rint(np.moveaxis(np.tensordot(weights, mixed, (1, axis)), 0, axis) / 2**14).astype(
            np.int64
        )
    return np.clip(mixed, 0, 255).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(sides, sides, sides, sides, st.sampled_from(sorted(KERNELS)), st.booleans(), st.integers(0, 2**31))
def test_sums_are_exact(
    width: int, height: int, wide: int, high: int, kernel: str, colour: bool, seed: int
) -> None:
    shape = (height, width, 3) if colour else (height, width)
    pixels = np.random.default_rng(seed).choice([0, 255], shape).astype(np.uint8)
    size = Size(wide, high)
    found = banded.resized(pixels, size, KERNELS[kernel], (width, height))
    assert np.array_equal(found, in_whole_numbers(pixels, size, KERNELS[kernel]))


@pytest.mark.parametrize("kernel", sorted(KERNELS))
@pytest.mark.parametrize("side", [7, 100, 333, 777])
def test_it_is_the_kernel_in_floating_point(kernel: str, side: int) -> None:
    pixels = rgb(0.2)
    size = Size(side, side)
    found = banded.resized(pixels, size, KERNELS[kernel], (pixels.shape[1], pixels.shape[0]))
    channels = [Image.fromarray(channel.astype(np.float32)) for channel in np.moveaxis(pixels, 2, 0)]
    wanted = np.dstack([np.asarray(channel.resize(size, METHODS[kernel])) for channel in channels])
    assert psnr(found, np.clip(wanted, 0, 255)) > 55


@pytest.mark.parametrize(("width", "wanted"), [(4.0, [13, 99]), (4.5, [18, 120]), (5.0, [25, 138])])
def test_a_part_of_the_last_column_counts_for_a_part(width: float, wanted: list[int]) -> None:
    """As Pillow has it for a box of this width."""
    pixels = np.array([[0, 0, 90, 90, 255]], np.uint8)
    assert banded.resized(pixels, Size(2, 1), LINEAR, (width, 1.0)).tolist() == [wanted]


@pytest.mark.parametrize("level", [0, 1, 127, 255])
def test_what_is_even_stays_even(level: int) -> None:
    pixels = np.full((50, 70, 3), level, np.uint8)
    for size in (Size(1, 1), Size(33, 49), Size(200, 90)):
        assert (banded.resized(pixels, size, LANCZOS, (70, 50)) == level).all()
