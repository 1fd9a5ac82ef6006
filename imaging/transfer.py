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


@lru_cache(maxsize=2)
def _light_of_levels(count: int) -> Pixels:
    levels = np.linspace(0.0, 1.0, count)
    bright = ((levels + _OFFSET) / (1 + _OFFSET)) ** _EXPONENT
    return np.where(levels <= _DARK_LEVEL, levels / _SLOPE, bright).astype(np.float32)


@lru_cache(maxsize=1)
def _levels_of_light() -> Pixels:
    """8-bit levels of 65,536 amounts of light: their steps are a twentieth of a level where it is darkest."""
    light = np.linspace(0.0, 1.0, _STEPS)
    bright = (1 + _OFFSET) * light ** (1 / _EXPONENT) - _OFFSET
    levels = np.where(light <= _DARK_LIGHT, light * _SLOPE, bright)
    return np.rint(levels * 255).astype(np.uint8)


def light(pixels: Pixels) -> Pixels:
    """float32 from 0 to 1, of uint8 or uint16 levels."""
    if pixels.dtype == np.uint8:
        return cv2.LUT(pixels, _light_of_levels(256))
    return np.take(_light_of_levels(_STEPS), pixels)


def levels(amounts: Pixels, kind: object) -> Pixels:
    """Levels of type `kind`, uint8 or uint16, of float32 light; what is outside 0 to 1 is cut."""
    amounts = np.clip(amounts, 0.0, 1.0)
    if kind == np.uint8:
        return np.take(_levels_of_light(), np.rint(amounts * (_STEPS - 1)).astype(np.uint16))
    bright = cv2.pow(amounts, 1 / _EXPONENT).reshape(amounts.shape) * (1 + _OFFSET) - _OFFSET
    found = np.where(amounts <= _DARK_LIGHT, amounts * _SLOPE, bright)
    return np.rint(found * (_STEPS - 1)).astype(np.uint16)
