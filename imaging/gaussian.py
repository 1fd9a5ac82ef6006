"""A Gaussian of any width at a bounded cost per pixel.

A narrow Gaussian is convolved directly, with a kernel of four sigmas to each side. A wide one is done on
a pyramid: halve the picture (binomial weights 1 4 6 4 1, a variance of 1), do what is left of the variance
there, and double it again (another 1). Variances add up, so the result is the Gaussian asked for; what is
cut off in frequency would not have survived it. The tests hold the result to one level of 255 of the
Gaussian computed in double precision, borders included.
"""

from __future__ import annotations

import math

from imaging.lazy import cv2, np
from imaging.picture import Pixels
from imaging.shape import Shape

_TRUNCATE = 4.0  # sigmas to each side of the kernel
_PER_LEVEL = 2.0  # variance of halving and doubling, in pixels of the larger picture
_LEAST_REST = 1.5  # variance, in pixels of the smaller picture, that is left for its own Gaussian
_FLOAT_BYTES = 4
_BORDER = 2  # pixels that doubling needs beyond the edge


def gaussian(pixels: Pixels, sigma: float) -> Pixels:
    """Each channel convolved with a Gaussian of `sigma` pixels, mirrored about the outermost pixels.

    uint8, uint16 or float32, of any number of channels up to four; the result has the same type.
    """
    rest = (sigma**2 - _PER_LEVEL) / 4
    if rest < _LEAST_REST:
        return _direct(pixels, sigma)
    height, width = pixels.shape[:2]
    half = _with_mirrored_ends(cv2.pyrDown(pixels), height, width, reach=math.ceil(_TRUNCATE * sigma / 2))
    half = _blurred_half(half, math.sqrt(rest))
    half = half[: (height + 1) // 2 + _BORDER, : (width + 1) // 2 + _BORDER]
    return cv2.pyrUp(half)[:height, :width]


def gaussian_scratch_bytes(shape: Shape, sigma: float) -> int:
    """Memory beside input and output."""
    rest = (sigma**2 - _PER_LEVEL) / 4
    if rest < _LEAST_REST:
        return 0
    reach = math.ceil(_TRUNCATE * sigma / 2)
    samples = (shape.width // 2 + reach) * (shape.height // 2 + reach) * shape.channels
    deeper = (rest - _PER_LEVEL) / 4 >= _LEAST_REST
    held = _FLOAT_BYTES if deeper else shape.bytes_per_sample  # see _blurred_half
    return samples * (2 * shape.bytes_per_sample + held)


def _direct(pixels: Pixels, sigma: float) -> Pixels:
    size = 2 * math.ceil(_TRUNCATE * sigma) + 1
    if pixels.dtype == np.uint16:  # OpenCV's own 16-bit Gaussian rounds its weights
        kernel = cv2.getGaussianKernel(size, sigma, cv2.CV_32F)
        return cv2.sepFilter2D(pixels, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
    return cv2.GaussianBlur(pixels, (size, size), sigma, borderType=cv2.BORDER_REFLECT_101)


def _blurred_half(half: Pixels, sigma: float) -> Pixels:
    """From here on it is cheap to work in floating point, so that roundings do not add up."""
    if half.dtype == np.float32 or (sigma**2 - _PER_LEVEL) / 4 < _LEAST_REST:
        return gaussian(half, sigma)
    blurred = gaussian(half.astype(np.float32), sigma)
    return np.rint(blurred, out=blurred).astype(half.dtype)


def _with_mirrored_ends(half: Pixels, height: int, width: int, reach: int) -> Pixels:
    """The halved picture has the pixels 0, 2, 4 ...; go on beyond its right and lower edge as the whole
    one does, whose mirror stands on its last pixel: that is on ours when its size is odd, else between our
    last pixel and the next. On the left and at the top both have the mirror on pixel 0."""
    for size, down, right in ((height, reach, 0), (width, 0, reach)):
        border = cv2.BORDER_REFLECT_101 if size % 2 else cv2.BORDER_REFLECT
        half = cv2.copyMakeBorder(half, 0, down, 0, right, border)
    return half
