"""Point operations by look-up tables: a curve is computed once per level, not once per pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imaging.lazy import cv2, np
from imaging.picture import Pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Curve = NDArray[Any]  # float64: what becomes of each level; 0 is black, 1 white
else:
    Curve = Any

_WITH_CHANNELS = 3  # dimensions


def top_of(pixels: Pixels) -> int:
    """The sample that stands for white: 255 or 65,535."""
    return int(np.iinfo(pixels.dtype).max)


def levels_of(pixels: Pixels) -> Curve:
    """All levels that a sample can have, from 0 to 1: the curve that changes nothing."""
    return np.linspace(0.0, 1.0, top_of(pixels) + 1)


def mapped(pixels: Pixels, *curves: Curve) -> Pixels:
    """Each sample's level as its curve says, cut to the range from black to white.

    One curve for all channels, or three (blue, green, red); three curves put colour into a gray picture.
    """
    tables = [_table(curve, pixels) for curve in curves]
    if len(tables) == 1:
        return cv2.LUT(pixels, tables[0])
    if pixels.ndim < _WITH_CHANNELS:
        return cv2.merge([cv2.LUT(pixels, table) for table in tables])
    return cv2.LUT(pixels, np.stack(tables, axis=-1)[np.newaxis])


def _table(curve: Curve, pixels: Pixels) -> Pixels:
    table: Pixels = np.rint(np.clip(curve, 0.0, 1.0) * top_of(pixels)).astype(pixels.dtype)
    return table


def histogram(plane: Pixels) -> Curve:
    """How many pixels of a gray picture have each level."""
    bins = top_of(plane) + 1
    counts: Curve = cv2.calcHist([plane], [0], None, [bins], [0, bins]).ravel().astype(np.float64)
    return counts
