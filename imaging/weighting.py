"""Colours weighted by alpha, so that invisible ones do not bleed into what is seen when pixels are mixed."""

from __future__ import annotations

from typing import Any

from imaging.lazy import np
from imaging.picture import Pixels

_INVISIBLE = 1e-3  # levels of alpha below which nothing shows; colours need not be divided by it
_WITH_ALPHA = frozenset({2, 4})  # channels


def has_alpha(pixels: Pixels) -> bool:
    return pixels.ndim == 3 and pixels.shape[2] in _WITH_ALPHA  # noqa: PLR2004 - dimensions


def is_seen_everywhere(pixels: Pixels) -> bool:
    """There is no alpha, or it hides nothing."""
    return not has_alpha(pixels) or bool(pixels[..., -1].min() == np.iinfo(pixels.dtype).max)


def weighted(pixels: Pixels, top: float) -> Pixels:
    """float32; `top` is the alpha of what is fully seen."""
    found: Pixels = pixels.astype(np.float32)
    found[..., :-1] *= found[..., -1:] / top
    return found


def unweighted(found: Pixels, top: float) -> Pixels:
    """The other way, in place; nothing is rounded."""
    found[..., :-1] *= top / np.maximum(found[..., -1:], _INVISIBLE * top / 255)
    return found


def rounded(found: Pixels, kind: Any) -> Pixels:
    """To whole levels within the range of `kind`, by way of the given array."""
    np.rint(found, out=found)
    return np.clip(found, 0, np.iinfo(kind).max, out=found).astype(kind)


def opaque(pixels: Pixels) -> Pixels:
    """With an alpha channel: the picture's own, or one that hides nothing."""
    if has_alpha(pixels):
        return pixels
    alpha = np.full(pixels.shape[:2], np.iinfo(pixels.dtype).max, pixels.dtype)
    return np.dstack((pixels, alpha))
