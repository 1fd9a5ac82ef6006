"""Colours for pixels that are not seen, for filters that look at neighbours.

What lies under full transparency is arbitrary, mostly black: it must not bleed into what is seen. It is
replaced by means of the colours that are seen near, found on a pyramid: each level has half the size, and
what a level has no colour for comes from the next.
"""

from __future__ import annotations

from imaging.lazy import cv2, np
from imaging.picture import Pixels
from imaging.shape import Shape

_FLOAT_BYTES = 4
_NOTHING = 1e-4  # of alpha: what has less gets its colour from the next level
_PYRAMID = 4 / 3  # all levels together, in sizes of the largest


def extended(colour: Pixels, alpha: Pixels) -> Pixels:
    """`colour`, height x width (x 3), with other values where `alpha`, height x width, is 0."""
    unseen = alpha == 0
    if not unseen.any() or unseen.all():
        return colour
    means = _halved(*_weighted(colour, alpha))
    result = _grown(np.rint(means, out=means).astype(colour.dtype), alpha.shape).reshape(colour.shape)
    np.copyto(result, colour, where=~unseen if colour.ndim == alpha.ndim else ~unseen[..., np.newaxis])
    return result


def extended_scratch_bytes(shape: Shape) -> int:
    """Memory beside colour and alpha; the result is counted."""
    planes = shape.pixels * _FLOAT_BYTES * (shape.channels + 1)
    return shape.pixels + int(planes * (1 + _PYRAMID / 2))


def _weighted(colour: Pixels, alpha: Pixels) -> tuple[Pixels, Pixels]:
    """Colours times alpha, height x width x channels, and alpha from 0 to 1."""
    weight: Pixels = alpha.astype(np.float32)
    weight /= np.iinfo(alpha.dtype).max
    planes = colour.astype(np.float32).reshape(*alpha.shape, -1)
    planes *= weight[..., np.newaxis]
    return planes, weight


def _halved(planes: Pixels, weight: Pixels) -> Pixels:
    """The means of a picture of half the size, of weighted colours and their weights."""
    height, width = weight.shape
    smaller = cv2.pyrDown(planes).reshape((height + 1) // 2, (width + 1) // 2, -1)
    weights = cv2.pyrDown(weight)
    means: Pixels = smaller / np.maximum(weights, _NOTHING)[..., np.newaxis]
    unseen = weights < _NOTHING
    if unseen.any() and max(weights.shape) > 1:
        means[unseen] = _grown(_halved(smaller, weights), weights.shape)[unseen]
    return means


def _grown(means: Pixels, shape: tuple[int, ...]) -> Pixels:
    height, width = shape
    return cv2.pyrUp(means)[:height, :width].reshape(height, width, -1)
