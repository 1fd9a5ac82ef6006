"""A picture at another size.

Lanczos (three lobes) and linear kernels are widened when the picture shrinks, so that nothing aliases; area
takes the mean of what a pixel covers. `auto` is area where the picture shrinks to a half or less (four times
as fast, and as good there), Lanczos elsewhere.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from imaging import transfer, weighting
from imaging.geometry import Size
from imaging.lazy import Image, cv2, np
from imaging.picture import Pixels
from imaging.shape import Shape

Kernel: TypeAlias = Literal["auto", "lanczos", "area", "linear", "nearest"]
_MUCH_SMALLER = 2
_FLOAT_BYTES = 4
_PILLOW_BYTES = 4  # of a pixel in colour


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
        return transfer.levels(_resampled(transfer.light(pixels), size, kernel), pixels.dtype)
    return _resampled(pixels, size, kernel)


def _with_alpha(pixels: Pixels, size: Size, kernel: Kernel, *, linear_light: bool) -> Pixels:
    kind = pixels.dtype
    top = float(np.iinfo(kind).max)
    if not linear_light:
        mixed = _resampled(weighting.weighted(pixels, top), size, kernel)
        return weighting.rounded(weighting.unweighted(mixed, top), kind)
    shares = transfer.light(pixels)
    shares[..., -1] = pixels[..., -1] / top
    mixed = weighting.unweighted(_resampled(weighting.weighted(shares, 1.0), size, kernel), 1.0)
    alpha = weighting.rounded(mixed[..., -1] * top, kind)
    return np.dstack((transfer.levels(np.ascontiguousarray(mixed[..., :-1]), kind), alpha))


def _effective(kernel: Kernel, before: Size, after: Size) -> Kernel:
    if kernel != "auto":
        return kernel
    much = before.width >= _MUCH_SMALLER * after.width and before.height >= _MUCH_SMALLER * after.height
    return "area" if much else "lanczos"


def _resampled(pixels: Pixels, size: Size, kernel: Kernel) -> Pixels:
    """uint8, uint16 or float32; all channels alike."""
    height, width = pixels.shape[:2]
    kernel = _effective(kernel, Size(width, height), size)
    if kernel == "area":
        return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    method = Image.Resampling.LANCZOS if kernel == "lanczos" else Image.Resampling.BILINEAR
    if pixels.dtype == np.uint8:
        return np.asarray(Image.fromarray(pixels).resize(size, method))
    channels = [_resampled_channel(channel, size, method) for channel in cv2.split(pixels)]
    found = channels[0] if len(channels) == 1 else cv2.merge(channels)
    return found.reshape(size.height, size.width, *pixels.shape[2:])


def _resampled_channel(channel: Pixels, size: Size, method: Image.Resampling) -> Pixels:
    found = np.asarray(Image.fromarray(channel.astype(np.float32, copy=False)).resize(size, method))
    return found if channel.dtype == np.float32 else weighting.rounded(found.copy(), channel.dtype)


def resized_scratch_bytes(before: Shape, size: Size, kernel: Kernel, *, linear_light: bool = False) -> int:
    """Memory beside input and output: copies that the kernel works on, and rows done but not columns."""
    if kernel == "nearest":
        return 0
    samples = before.pixels * (before.channels + before.has_alpha)
    found = size.width * size.height * (before.channels + before.has_alpha)
    in_floats = linear_light or before.has_alpha
    working = _FLOAT_BYTES * (samples * (2 if linear_light and before.has_alpha else 1) + found)
    if _effective(kernel, Size(before.width, before.height), size) == "area":
        return working + _FLOAT_BYTES * found if in_floats else 0
    between = size.width * before.height
    if not in_floats and before.bytes_per_sample == 1:
        bytes_per_pixel = 1 if before.channels == 1 else _PILLOW_BYTES
        return bytes_per_pixel * (before.pixels + between + size.width * size.height)
    channel = _FLOAT_BYTES * (before.pixels + between + size.width * size.height)
    if not in_floats:
        return samples * before.bytes_per_sample + channel
    return working + _FLOAT_BYTES * max(samples, found) + channel
