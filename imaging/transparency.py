"""Filtering pictures with alpha, so that filters need not know of it."""

from __future__ import annotations

from imaging.extension import extended
from imaging.filters.base import Alpha, Filter
from imaging.lazy import np
from imaging.picture import Picture, Pixels
from imaging.shaping import joined

_INVISIBLE = 1e-3  # alpha below this shows nothing; colours need not be divided by it


def filtered(filter_: Filter, picture: Picture) -> Picture:
    """The picture filtered, its alpha treated as the filter's traits say."""
    alpha = picture.alpha
    if alpha is None or filter_.traits.alpha is Alpha.WITHIN:
        return Picture(filter_.apply(picture.pixels))
    if filter_.traits.alpha is Alpha.APART or alpha.min() == alpha.max() != 0:
        # even alpha stays even under a weighted mean, and weighs all colours alike
        return joined(filter_.apply(np.ascontiguousarray(picture.colour)), alpha)
    if filter_.traits.alpha is Alpha.EXTENDED:
        return joined(filter_.apply(extended(np.ascontiguousarray(picture.colour), alpha)), alpha)
    return _premultiplied(filter_, picture)


def _premultiplied(filter_: Filter, picture: Picture) -> Picture:
    """Colours weighted by how much of them is seen, so that invisible ones do not bleed into the edges."""
    kind = picture.pixels.dtype
    top = float(np.iinfo(kind).max)
    weighted: Pixels = picture.pixels.astype(np.float32)
    weighted[..., :-1] *= weighted[..., -1:] / top
    mixed = filter_.apply(weighted)
    del weighted  # it is large
    mixed[..., :-1] *= top / np.maximum(mixed[..., -1:], _INVISIBLE)
    np.rint(mixed, out=mixed)
    return Picture(np.clip(mixed, 0, top, out=mixed).astype(kind))
