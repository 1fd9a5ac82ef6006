"""The light of a picture apart from its colours: ITU-R BT.601 luma of the stored values."""

from __future__ import annotations

from collections.abc import Callable

from imaging.lazy import cv2
from imaging.picture import Pixels
from imaging.shape import Shape

_WITH_CHANNELS = 3  # dimensions
WEIGHTS = (0.114, 0.587, 0.299)  # of blue, green and red


def luma_of(pixels: Pixels) -> Pixels:
    """Of a gray picture: itself."""
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if pixels.ndim == _WITH_CHANNELS else pixels


def with_luma(pixels: Pixels, change: Callable[[Pixels], Pixels]) -> Pixels:
    """The picture with its luma changed; the differences of its colours from luma stay (YCbCr)."""
    if pixels.ndim < _WITH_CHANNELS:
        return change(pixels)
    separated = cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb)
    cv2.insertChannel(change(cv2.extractChannel(separated, 0)), separated, 0)
    return cv2.cvtColor(separated, cv2.COLOR_YCrCb2BGR)


def luma_scratch_bytes(shape: Shape) -> int:
    """Memory that `luma_of` takes: none for gray."""
    return shape.pixels * shape.bytes_per_sample if shape.channels > 1 else 0


def with_luma_scratch_bytes(shape: Shape) -> int:
    """Memory of `with_luma` beside input, output and what `change` takes."""
    return shape.size_bytes + 2 * luma_scratch_bytes(shape) if shape.channels > 1 else 0
