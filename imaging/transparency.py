"""Filtering pictures with alpha, so that filters need not know of it."""

from __future__ import annotations

from imaging.filters.base import Alpha, Filter
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import joined

_INVISIBLE = 1e-3  # alpha below this shows nothing; colours need not be divided by it


def filtered(filter_: Filter, picture: Picture) -> Picture:
    """The picture filtered, its alpha treated as the filter's traits say."""
    alpha = picture.alpha
    if alpha is None:
        return Picture(filter_.apply(picture.pixels))
    if filter_.traits.alpha is Alpha.APART or alpha.min() == alpha.max() != 0:
        # even alpha stays even under a weighted mean, and weighs all colours alike
        return joined(filter_.apply(np.ascontiguousarray(picture.colour)), alpha)
    return _premultiplied(filter_, picture)


def _premultiplied(filter_: Filter, picture: Picture) -> Picture:
    """Colours weighted by how much of them is seen, so that invisible ones do not bleed into the edges."""
    top = float(np.iinfo(picture.pixels.dtype).max)
    *colours, alpha = (channel.astype(np.float32) for channel in cv2.split(picture.pixels))
    for colour in colours:
        np.multiply(colour, alpha / top, out=colour)
    weighted = cv2.merge((*colours, alpha))
    del colours, alpha
    return Picture(_divided(filter_.apply(weighted), top, picture.pixels))


def _divided(weighted: Pixels, top: float, like: Pixels) -> Pixels:
    *colours, alpha = cv2.split(weighted)
    share = top / np.maximum(alpha, _INVISIBLE)
    for colour in colours:
        np.multiply(colour, share, out=colour)
    whole = [np.rint(np.clip(channel, 0, top)).astype(like.dtype) for channel in (*colours, alpha)]
    merged: Pixels = cv2.merge(whole)
    return merged
