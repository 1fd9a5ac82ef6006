"""8-bit pictures at another size, by products of matrices.

A row of the result is a weighted mean of some rows around its place, and so is a column. Some of them taken
together, a band, are one product of two matrices, which the BLAS that NumPy brings does with the widest
instructions of the processor: in about half of Pillow's time.

Weights are whole numbers of 2^-14 and levels are whole, so every product and sum is a whole number below 2^24
and exact in float32. The order of summing does not matter then: every processor gives the same result.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from imaging.geometry import Size
from imaging.lazy import cv2, np
from imaging.picture import Pixels
from imaging.shape import Shape

_WEIGHT_BITS = 14
_BAND = 32  # rows or columns of the result in a product
_STRIP_BANDS = 4  # bands of rows that are mixed before their columns are
_KEPT = 4  # weights of so many axes: planes of a picture, and pictures of a series, are of one size
_FLOAT_BYTES = 4


class Kernel(NamedTuple):
    """Weights by the distance from the place, in pixels of the smaller picture."""

    weight: Callable[[Pixels], Pixels]
    reach: int  # it is 0 from there on


LANCZOS = Kernel(lambda distance: np.sinc(distance) * np.sinc(distance / 3), 3)
LINEAR = Kernel(lambda distance: 1 - np.abs(distance), 1)


class _Band(NamedTuple):
    target: slice
    source: slice
    weights: Pixels  # float32, target x source


def resized(pixels: Pixels, size: Size, kernel: Kernel, extent: tuple[float, float]) -> Pixels:
    """uint8 of one to four channels, all alike; `extent` is the picture's width and height in `pixels`."""
    columns = _bands(pixels.shape[1], size.width, kernel, extent[0])
    rows = _bands(pixels.shape[0], size.height, kernel, extent[1])
    found = np.empty((size.height, size.width, *pixels.shape[2:]), np.uint8)
    for strip in _strips(rows):
        planes = cv2.split(pixels[strip[0].source.start : strip[-1].source.stop])
        done = [_mixed_columns(_mixed_rows(plane, strip), columns) for plane in planes]
        target = found[strip[0].target.start : strip[-1].target.stop]
        target[...] = (done[0] if len(done) == 1 else cv2.merge(done)).reshape(target.shape)
    return found


def _strips(bands: Sequence[_Band]) -> Iterator[Sequence[_Band]]:
    for first in range(0, len(bands), _STRIP_BANDS):
        yield bands[first : first + _STRIP_BANDS]


def _mixed_rows(plane: Pixels, strip: Sequence[_Band]) -> Pixels:
    """float32, of whole numbers; where a kernel overshoots, beyond what 8 bits hold."""
    first = strip[0]
    mixed = np.empty((strip[-1].target.stop - first.target.start, plane.shape[1]), np.float32)
    for band in strip:
        source = plane[band.source.start - first.source.start : band.source.stop - first.source.start]
        target = mixed[band.target.start - first.target.start : band.target.stop - first.target.start]
        np.matmul(band.weights, source.astype(np.float32), out=target)
    mixed *= np.float32(2.0**-_WEIGHT_BITS)
    np.rint(mixed, out=mixed)
    return mixed


def _mixed_columns(plane: Pixels, bands: Sequence[_Band]) -> Pixels:
    mixed = np.empty((plane.shape[0], bands[-1].target.stop), np.float32)
    for band in bands:
        np.matmul(plane[:, band.source], band.weights.T, out=mixed[:, band.target])
    np.maximum(mixed, 0, out=mixed)
    found: Pixels = cv2.convertScaleAbs(mixed, None, 2.0**-_WEIGHT_BITS)
    return found


def _whole(weights: Pixels) -> Pixels:
    """With a sum of just 1, in units of 2^-14."""
    one = 2**_WEIGHT_BITS
    found: Pixels = np.rint(weights * (one / weights.sum(axis=1, keepdims=True)))
    found[np.arange(len(found)), np.abs(found).argmax(axis=1)] += one - found.sum(axis=1)
    return found


@functools.lru_cache(maxsize=_KEPT)
def _bands(before: int, after: int, kernel: Kernel, extent: float) -> tuple[_Band, ...]:
    """What each row (or column) of the result is made of."""
    step = extent / after
    stretch = max(step, 1.0)  # a kernel that is too narrow would leave pixels out
    centres = (np.arange(after) + 0.5) * step
    firsts = np.maximum(0, (centres - kernel.reach * stretch + 0.5).astype(int))
    ends = np.minimum(before, (centres + kernel.reach * stretch + 0.5).astype(int))
    taken = firsts[:, None] + np.arange(int((ends - firsts).max()))
    weights = kernel.weight((taken + 0.5 - centres[:, None]) / stretch)
    weights[taken >= ends[:, None]] = 0
    shifted = taken - np.repeat(firsts[::_BAND], _BAND)[:after, None]  # from where the band begins
    dense = np.zeros((after, int(shifted.max()) + 1), np.float32)
    np.put_along_axis(dense, shifted, _whole(weights), axis=1)
    found = []
    for start in range(0, after, _BAND):
        target = slice(start, min(start + _BAND, after))
        source = slice(int(firsts[start]), int(ends[target].max()))
        found.append(_Band(target, source, dense[target, : source.stop - source.start]))
    return tuple(found)


def scratch_bytes(before: Shape, size: Size, kernel: Kernel) -> int:
    """Memory beside the picture and the result."""
    across, down = before.width / size.width, before.height / size.height

    def covered(targets: int, step: float) -> float:
        """Rows or columns of the picture, by those of the result."""
        return targets * step + 2 * kernel.reach * max(step, 1.0)

    strip = min(_STRIP_BANDS * _BAND, size.height)
    parted = min(covered(strip, down), before.height) * before.width * before.channels
    floats = before.width * (min(covered(_BAND, down), before.height) + strip) + strip * size.width
    weights = size.height * covered(_BAND, down) + size.width * covered(_BAND, across)
    return int(parted + 2 * before.channels * strip * size.width + _FLOAT_BYTES * (floats + weights))
