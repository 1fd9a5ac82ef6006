"""Marks (lettering, small pictures) laid over pictures."""

from __future__ import annotations

from typing import NamedTuple

from imaging import weighting
from imaging.canvas import levels
from imaging.colour import rgba
from imaging.geometry import Size
from imaging.lazy import cv2, np
from imaging.picture import Pixels

_GAP = 0.5  # between tiled marks, of their size
_FLAT = 2  # dimensions


class Mark(NamedTuple):
    """`colour`: uint8, height x width x 3 (blue, green, red). `cover`: float32, height x width: 0 where the
    picture below stays, 1 where the mark hides it."""

    colour: Pixels
    cover: Pixels

    @property
    def size(self) -> Size:
        return Size(self.cover.shape[1], self.cover.shape[0])


def of_picture(bgra: Pixels) -> Mark:
    """Of uint8 pixels of four channels."""
    return Mark(np.ascontiguousarray(bgra[..., :3]), bgra[..., 3].astype(np.float32) / 255)


def plain(colour: str, cover: Pixels) -> Mark:
    """Of one colour; how far that hides what is below counts, too."""
    found = np.empty((*cover.shape, 3), np.uint8)
    found[...] = levels(colour, found)
    return Mark(found, cover * (rgba(colour).alpha / 255))


def turned(mark: Mark, degrees: float) -> Mark:
    """Clockwise; the result is large enough for all of it."""
    if degrees % 360 == 0:
        return mark
    height, width = mark.cover.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = Size(int(np.ceil(width * cosine + height * sine)), int(np.ceil(width * sine + height * cosine)))
    matrix[:, 2] += (size.width - width) / 2, (size.height - height) / 2
    whole = np.dstack((mark.colour * mark.cover[..., None], mark.cover * 255))
    mixed = weighting.unweighted(cv2.warpAffine(whole, matrix, size, flags=cv2.INTER_LINEAR), 255.0)
    return of_picture(weighting.rounded(mixed, np.uint8))


def faded(mark: Mark, opacity: float) -> Mark:
    return Mark(mark.colour, mark.cover * np.float32(opacity))


def lay(pixels: Pixels, mark: Mark, x: int, y: int) -> None:
    """Over `pixels` (uint8 or uint16, 1 to 4 channels), in place, the upper left corner at (x, y); what
    stands over the edge is cut. Porter and Duff's over, on stored levels."""
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + mark.size.width, pixels.shape[1]), min(y + mark.size.height, pixels.shape[0])
    if left >= right or top >= bottom:
        return
    part = pixels[top:bottom, left:right]
    within = np.s_[top - y : bottom - y, left - x : right - x]
    part[...] = _over(mark.colour[within], mark.cover[within], part)


def tile(pixels: Pixels, mark: Mark) -> None:
    """All over `pixels`, in rows of which every other one is moved by half a step; in place."""
    across, down = (max(1, round(side * (1 + _GAP))) for side in mark.size)
    count = pixels.shape[1] // across + 2
    padding = ((0, 0), (0, across - mark.size.width))
    cover = np.tile(np.pad(mark.cover, padding), (1, count))
    colour = np.tile(np.pad(mark.colour, (*padding, (0, 0))), (1, count, 1))
    row = Mark(colour, cover)
    for number, y in enumerate(range(-mark.size.height // 2, pixels.shape[0], down)):
        lay(pixels, row, -(across // 2 if number % 2 else across), y)


def _over(colour: Pixels, cover: Pixels, below: Pixels) -> Pixels:
    kind, top = below.dtype, float(np.iinfo(below.dtype).max)
    alpha = weighting.has_alpha(below)
    gray = below.ndim == _FLAT or below.shape[2] == 2  # noqa: PLR2004 - gray and alpha
    source = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)[..., None] if gray else colour
    above = source.astype(np.float32) * (top / 255)
    covers = cover[..., None]
    base = below.reshape(*below.shape[:2], -1).astype(np.float32)
    if not alpha:
        return weighting.rounded(above * covers + base * (1 - covers), kind).reshape(below.shape)
    seen = base[..., -1:] / top * (1 - covers)
    together = covers + seen
    mixed = (above * covers + base[..., :-1] * seen) / np.maximum(together, 1e-6)
    return weighting.rounded(np.dstack((mixed, together * top)), kind)
