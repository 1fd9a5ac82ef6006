"""A picture at another size.

Lanczos (three lobes) and linear kernels are widened when the picture shrinks, so that nothing aliases; area
takes the mean of what a pixel covers. `auto` is Lanczos where the picture shrinks to more than a half; area
where it shrinks to more than a quarter (three times as fast, and nearly as good there); and from there on
Lanczos on the means of blocks, as large as leave it at least another half to do.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from imaging import banded, blocks, transfer, weighting
from imaging.geometry import Size
from imaging.lazy import Image, cv2, np
from imaging.picture import Pixels
from imaging.shape import Shape

Kernel: TypeAlias = Literal["auto", "lanczos", "area", "linear", "nearest"]
Extent: TypeAlias = tuple[float, float]  # width, height
_MUCH_SMALLER = 2
_FLOAT_BYTES = 4
_BANDED = MappingProxyType({"lanczos": banded.LANCZOS, "linear": banded.LINEAR})


def resized(pixels: Pixels, size: Size, kernel: Kernel = "auto", *, linear_light: bool = False) -> Pixels:
    """uint8 or uint16 of one to four channels (2 and 4: the last is alpha); the result has the same type.

    With `linear_light`, amounts of light are mixed instead of stored levels.
    """
    if Size(pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    if kernel == "nearest":
        return cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST_EXACT)
    if weighting.has_alpha(pixels):
        if weighting.is_seen_everywhere(pixels):
            colour = np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3])  # noqa: PLR2004
            return weighting.opaque(resized(colour, size, kernel, linear_light=linear_light))
        return _with_alpha(pixels, size, kernel, linear_light=linear_light)
    if linear_light:
        return transfer.levels(resampled(transfer.light(pixels), size, kernel), pixels.dtype)
    return resampled(pixels, size, kernel)


def _with_alpha(pixels: Pixels, size: Size, kernel: Kernel, *, linear_light: bool) -> Pixels:
    kind = pixels.dtype
    top = float(np.iinfo(kind).max)
    if not linear_light:
        mixed = resampled(weighting.weighted(pixels, top), size, kernel)
        return weighting.rounded(weighting.unweighted(mixed, top), kind)
    shares = transfer.light(pixels)
    shares[..., -1] = pixels[..., -1] / top
    mixed = weighting.unweighted(resampled(weighting.weighted(shares, 1.0), size, kernel), 1.0)
    alpha = weighting.rounded(mixed[..., -1] * top, kind)
    return np.dstack((transfer.levels(np.ascontiguousarray(mixed[..., :-1]), kind), alpha))


def _effective(kernel: Kernel, before: Extent, after: Size) -> tuple[Kernel, int]:
    """The kernel, and the size of the blocks that are taken together before."""
    if kernel != "auto":
        return kernel, 1
    smaller = min(before[0] / after.width, before[1] / after.height)
    if smaller < _MUCH_SMALLER:
        return "lanczos", 1
    block = int(smaller / _MUCH_SMALLER)
    return ("lanczos", block) if block > 1 else ("area", 1)


def resampled(pixels: Pixels, size: Size, kernel: Kernel, extent: Extent | None = None) -> Pixels:
    """uint8, uint16 or float32; all channels alike. uint16 and float32 by Pillow.

    `extent`: width and height of the picture in `pixels`, where its last column and row stand only partly
    for picture.
    """
    width, height = extent or (float(pixels.shape[1]), float(pixels.shape[0]))
    kernel, block = _effective(kernel, (width, height), size)
    if block > 1:
        pixels, width, height = blocks.means(pixels, block), width / block, height / block
    if kernel == "area":  # which knows no extent: what it is out of place by is some tenths of a pixel
        return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if pixels.dtype == np.uint8:
        return banded.resized(pixels, size, _BANDED[kernel], (width, height))
    method = Image.Resampling.LANCZOS if kernel == "lanczos" else Image.Resampling.BILINEAR
    box = (0.0, 0.0, width, height)
    channels = [_resampled_channel(channel, size, method, box) for channel in cv2.split(pixels)]
    found = channels[0] if len(channels) == 1 else cv2.merge(channels)
    return found.reshape(size.height, size.width, *pixels.shape[2:])


def _resampled_channel(
    channel: Pixels, size: Size, method: Image.Resampling, box: tuple[float, float, float, float]
) -> Pixels:
    image = Image.fromarray(channel.astype(np.float32, copy=False))
    found = np.asarray(image.resize(size, method, box))
    return found if channel.dtype == np.float32 else weighting.rounded(found.copy(), channel.dtype)


def resized_scratch_bytes(before: Shape, size: Size, kernel: Kernel, *, linear_light: bool = False) -> int:
    """Memory beside input and output: copies that the kernel works on, and rows done but not columns."""
    if kernel == "nearest":
        return 0
    samples = before.pixels * (before.channels + before.has_alpha)
    found = size.width * size.height * (before.channels + before.has_alpha)
    in_floats = linear_light or before.has_alpha
    working = _FLOAT_BYTES * (samples * (2 if linear_light and before.has_alpha else 1) + found)
    effective, block = _effective(kernel, (before.width, before.height), size)
    if effective == "area":
        return working + _FLOAT_BYTES * found if in_floats else 0
    if block > 1:
        blocks_size = replace(before, width=-(-before.width // block), height=-(-before.height // block))
        means = blocks_size.pixels * (before.channels + before.has_alpha) * before.bytes_per_sample
        return (
            means
            + resized_scratch_bytes(blocks_size, size, "lanczos", linear_light=linear_light)
            + (working if in_floats else 0)
        )
    if not in_floats and before.bytes_per_sample == 1:
        return banded.scratch_bytes(before, size, _BANDED[effective])
    between = size.width * before.height
    channel = _FLOAT_BYTES * (before.pixels + between + size.width * size.height)
    if not in_floats:
        return samples * before.bytes_per_sample + channel
    return working + _FLOAT_BYTES * max(samples, found) + channel
