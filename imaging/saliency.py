"""Which part of a picture to keep: the one with the most information in it, or that draws the eye.

Both are told on a copy of at most 256 pixels to a side. Its pixels get scores, and the window whose scores
have the largest sum is taken; windows near the middle win when there is little between them.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from imaging.geometry import Gravity, Size, placed
from imaging.lazy import cv2, np
from imaging.picture import Pixels

Content: TypeAlias = Literal["entropy", "attention"]
Placing: TypeAlias = Literal[
    "center",
    "north",
    "northeast",
    "east",
    "southeast",
    "south",
    "southwest",
    "west",
    "northwest",
    "entropy",
    "attention",
]
CONTENT = frozenset({"entropy", "attention"})
SCRATCH_BYTES = 24 * 256 * 256

_SIDE = 256
_LEVELS = 16  # of the histograms
_NEIGHBOURHOOD = (9, 9)
_SPREAD = 8.0  # sigma, in pixels of the copy
_SKIN_RED, _SKIN_BLUE, _SKIN_WIDTH = 152.0, 106.0, 14.0  # Cr and Cb that skin is near to, and how near
_DETAIL_WEIGHT, _SKIN_WEIGHT, _SATURATION_WEIGHT = 1.0, 1.0, 0.5
_MIDDLE = 0.02  # what a window loses at most for standing aside, as a share of its sum


def place(pixels: Pixels, size: Size, placing: Placing) -> tuple[int, int]:
    """The upper left corner of a window of `size` (at most the picture's) by gravity or content."""
    whole = Size(pixels.shape[1], pixels.shape[0])
    if placing not in CONTENT or size == whole:
        gravity: Gravity = "center" if placing in CONTENT else placing  # type: ignore[assignment]
        return placed(whole, size, gravity)
    factor = min(1.0, _SIDE / max(whole))
    small = _small(pixels, factor)
    scores = _entropy(small) if placing == "entropy" else _attention(small)
    height, width = scores.shape
    window = Size(
        min(width, max(1, round(size.width * factor))), min(height, max(1, round(size.height * factor)))
    )
    x, y = _best(scores, window)
    return min(round(x / factor), whole.width - size.width), min(
        round(y / factor), whole.height - size.height
    )


def _small(pixels: Pixels, factor: float) -> Pixels:
    """8 bits, blue, green, red; what is not seen is gray."""
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if small.dtype != np.uint8:
        small = cv2.convertScaleAbs(small, alpha=255 / 65535)
    channels = cv2.split(small)
    if len(channels) in (2, 4):
        cover = channels[-1].astype(np.float32) / 255
        channels = tuple(np.rint(c * cover + 128 * (1 - cover)).astype(np.uint8) for c in channels[:-1])
    return cv2.merge(channels if len(channels) > 1 else (*channels, *channels, *channels))


def _entropy(small: Pixels) -> Pixels:
    """Of each pixel: Shannon's entropy, in bits, of the luma levels around it."""
    levels = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) // (256 // _LEVELS)
    total = np.zeros(levels.shape, np.float32)
    for level in range(_LEVELS):
        share = cv2.boxFilter((levels == level).astype(np.float32), -1, _NEIGHBOURHOOD)
        total -= share * np.log2(np.maximum(share, 1e-6))
    return np.maximum(total, 0)


def _attention(small: Pixels) -> Pixels:
    """Of each pixel: how much detail, saturated colour and skin there is about it."""
    luma = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    detail = np.abs(cv2.Laplacian(luma, cv2.CV_32F)) / 255
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV).astype(np.float32) / 255
    saturation = hsv[..., 1] * hsv[..., 2]
    red, blue = (
        channel.astype(np.float32) for channel in cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb))[1:]
    )
    away = ((red - _SKIN_RED) ** 2 + (blue - _SKIN_BLUE) ** 2) / (2 * _SKIN_WIDTH**2)
    skin = np.exp(-away) * (luma > 40)  # noqa: PLR2004 - what is nearly black has no colour
    scores = _DETAIL_WEIGHT * detail + _SATURATION_WEIGHT * saturation + _SKIN_WEIGHT * skin
    return cv2.GaussianBlur(scores.astype(np.float32), (0, 0), _SPREAD)


def _best(scores: Pixels, window: Size) -> tuple[int, int]:
    sums = cv2.integral(scores)
    height, width = window.height, window.width
    found = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    rows, columns = found.shape
    down = np.abs(np.linspace(-1, 1, rows))[:, None] if rows > 1 else np.zeros((1, 1))
    across = np.abs(np.linspace(-1, 1, columns))[None, :] if columns > 1 else np.zeros((1, 1))
    found = found * (1 - _MIDDLE * (down + across) / 2) - 1e-6 * (down + across)
    y, x = np.unravel_index(int(np.argmax(found)), found.shape)
    return int(x), int(y)
