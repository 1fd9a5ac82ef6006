"""Adaptive histogram equalization with limited contrast (K. Zuiderveld, Graphics Gems IV, 1994).

The picture is cut into tiles. Each tile's histogram, its peaks cut at the limit and spread over all levels,
gives a curve; a pixel's level is the mean of what the curves of the four nearest tiles make of it, weighted
by how near they are. OpenCV does so for 8 bits. For 16 bits it would count 65,536 levels that hardly any
tile has pixels for, so we count 256 there, and interpolate between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from imaging.lazy import cv2, np
from imaging.picture import Pixels
from imaging.shape import Shape

_BINS = 256
_LEVELS = 65536
_FLOAT_BYTES = 4


def contrast_limited(plane: Pixels, limit: float, tiles: int) -> Pixels:
    """`plane` is gray, uint8 or uint16. `limit`: how many times its even share a level may count for."""
    height, width = plane.shape
    across, down = min(tiles, width), min(tiles, height)
    if plane.dtype == np.uint8:
        return cv2.createCLAHE(limit, (across, down)).apply(plane)
    rows, columns = _edges(height, down), _edges(width, across)
    curves = [
        [_curve(plane[top:bottom, left:right], limit) for left, right in itertools.pairwise(columns)]
        for top, bottom in itertools.pairwise(rows)
    ]
    result = np.empty_like(plane)
    for band, upper, lower, down_weights in _between_centres(rows):
        for stripe, left, right, across_weights in _between_centres(columns):
            block = np.ascontiguousarray(plane[band, stripe])
            above = _mixed(block, curves[upper][left], curves[upper][right], across_weights)
            below = _mixed(block, curves[lower][left], curves[lower][right], across_weights)
            weights = down_weights[:, np.newaxis]
            result[band, stripe] = np.rint(above * (1 - weights) + below * weights)
    return result


def contrast_limited_scratch_bytes(shape: Shape, tiles: int) -> int:
    """Memory beside input and output."""
    if shape.bytes_per_sample == 1:
        even = shape.width % tiles == shape.height % tiles == 0
        return 0 if even else shape.pixels + tiles * (shape.width + shape.height + tiles)  # padded by OpenCV
    block = shape.pixels // tiles**2
    return tiles**2 * _LEVELS * shape.bytes_per_sample + 5 * block * _FLOAT_BYTES


def _edges(size: int, tiles: int) -> list[int]:
    return [round(index * size / tiles) for index in range(tiles + 1)]


def _curve(tile: Pixels, limit: float) -> Pixels:
    """What becomes of each of the 65,536 levels."""
    bounds = [0, _LEVELS]
    counts = cv2.calcHist([np.ascontiguousarray(tile)], [0], None, [_BINS], bounds).ravel().astype(np.float64)
    most = max(limit * tile.size / _BINS, 1.0)
    excess = np.maximum(counts - most, 0).sum()
    shares = np.cumsum(np.minimum(counts, most) + excess / _BINS) / tile.size
    ends = np.arange(_BINS + 1) * (_LEVELS / _BINS)
    curve = np.interp(np.arange(_LEVELS), ends, np.concatenate(([0.0], shares)))
    levels: Pixels = np.rint(np.minimum(curve, 1.0) * (_LEVELS - 1)).astype(np.uint16)
    return levels


def _between_centres(edges: list[int]) -> Iterator[tuple[slice, int, int, Pixels]]:
    """Stretches of pixels, the tiles before and after each, and the weight of the one after."""
    centres = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
    bounds = [0, *(round(centre) for centre in centres), edges[-1]]
    for index, (start, stop) in enumerate(itertools.pairwise(bounds)):
        if start == stop:
            continue
        before, after = max(index - 1, 0), min(index, len(centres) - 1)
        distance = max(centres[after] - centres[before], 1.0)
        weights = (np.arange(start, stop) + 0.5 - centres[before]) / distance
        yield slice(start, stop), before, after, np.clip(weights, 0, 1).astype(np.float32)


def _mixed(block: Pixels, left: Pixels, right: Pixels, weights: Pixels) -> Pixels:
    mixed: Pixels = cv2.LUT(block, left).reshape(block.shape) * (1 - weights)
    mixed += cv2.LUT(block, right).reshape(block.shape) * weights
    return mixed
