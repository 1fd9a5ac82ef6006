"""A picture laid on a plain ground."""

from __future__ import annotations

from imaging import weighting
from imaging.colour import rgba, samples
from imaging.geometry import Size
from imaging.lazy import np
from imaging.picture import Pixels

_OPAQUE = 255


def is_see_through(colour: str) -> bool:
    return rgba(colour).alpha < _OPAQUE


def levels(colour: str, pixels: Pixels) -> tuple[float, ...]:
    """The colour in the range and order of `pixels`, alpha included if they have it."""
    if not weighting.has_alpha(pixels):
        return samples(colour, pixels)
    alone = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]  # noqa: PLR2004 - gray and alpha
    return (*samples(colour, alone), rgba(colour).alpha * float(np.iinfo(pixels.dtype).max) / _OPAQUE)


def ground(size: Size, colour: str, like: Pixels) -> Pixels:
    """A plain picture of the kind of `like`."""
    found: Pixels = np.empty((size.height, size.width, *like.shape[2:]), like.dtype)
    found[...] = np.rint(levels(colour, like)).astype(like.dtype)
    return found


def on_ground(pixels: Pixels, size: Size, x: int, y: int, colour: str) -> Pixels:
    """`pixels` with their upper left corner at (x, y); what stands over the edge is cut. A ground that can be
    seen through gives the picture an alpha channel. Nothing shows through the picture itself: where it is
    transparent, it stays so."""
    if is_see_through(colour):
        pixels = weighting.opaque(pixels)
    found = ground(size, colour, pixels)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + pixels.shape[1], size.width), min(y + pixels.shape[0], size.height)
    if left < right and top < bottom:
        found[top:bottom, left:right] = pixels[top - y : bottom - y, left - x : right - x]
    return found
