"""The sRGB transfer function (IEC 61966-2-1): between stored levels and amounts of light.

Light is (level + 0.055) / 1.055 to the power of 2.4, and level / 12.92 where it is dark (below 0.04045).
"""

from __future__ import annotations

from functools import lru_cache

from imaging.lazy import cv2, np
from imaging.picture import Pixels

_DARK_LEVEL, _DARK_LIGHT, _SLOPE = 0.04045, 0.0031308, 12.92
_OFFSET, _EXPONENT = 0.055, 2.4
_STEPS = 65536
_ROWS = 64  # that are worked on at a time


def light(pixels: Pixels) -> Pixels:
    """float32 from 0 to 1, of uint8 or uint16 levels."""
    if pixels.dtype == np.uint8:
        return cv2.LUT(pixels, _light_of_levels(256))
    found: Pixels = np.take(_light_of_levels(_STEPS), pixels)
    return found


def levels(amounts: Pixels, kind: object) -> Pixels:
    """Levels of type `kind`, uint8 or uint16, of float32 light; what is outside 0 to 1 is cut."""
    amounts = np.clip(amounts, 0.0, 1.0)
    found: Pixels
    if kind == np.uint8:
        found = np.take(_levels_of_light(), np.rint(amounts * (_STEPS - 1)).astype(np.uint16))
        return found
    found = np.empty(amounts.shape, np.uint16)
    for start in range(0, len(amounts), _ROWS):  # powers in single precision are each processor's own
        exact = amounts[start : start + _ROWS].astype(np.float64)
        found[start : start + _ROWS] = np.rint(_stored(exact) * (_STEPS - 1))
    return found


@lru_cache(maxsize=2)
def _light_of_levels(count: int) -> Pixels:
    stored = np.linspace(0.0, 1.0, count)
    bright = ((stored + _OFFSET) / (1 + _OFFSET)) ** _EXPONENT
    found: Pixels = np.where(stored <= _DARK_LEVEL, stored / _SLOPE, bright).astype(np.float32)
    return found


@lru_cache(maxsize=1)
def _levels_of_light() -> Pixels:
    """8-bit levels of 65,536 amounts of light: their steps are a twentieth of a level where it is darkest."""
    found: Pixels = np.rint(_stored(np.linspace(0.0, 1.0, _STEPS)) * 255).astype(np.uint8)
    return found


def _stored(amounts: Pixels) -> Pixels:
    bright = (1 + _OFFSET) * amounts ** (1 / _EXPONENT) - _OFFSET
    return np.where(amounts <= _DARK_LIGHT, amounts * _SLOPE, bright)
