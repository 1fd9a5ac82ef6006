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

Kernel: TypeAlias = Literal["auto", "lanczos", "area", "linear", "nearest"]
_MUCH_SMALLER = 2
_FLOAT_BYTES = 4


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


def _resampled(pixels: Pixels, size: Size, kernel: Kernel) -> Pixels:
    """uint8, uint16 or float32; all channels alike."""
    height, width = pixels.shape[:2]
    if kernel == "auto":
        much = width >= _MUCH_SMALLER * size.width and height >= _MUCH_SMALLER * size.height
        kernel = "area" if much else "lanczos"
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


def resized_scratch_bytes(
    before_samples: int, after_samples: int, pixels_between: int, *, in_floats: bool
) -> int:
    """Memory beside input and output: copies that the kernel works on, and rows done but not columns."""
    if in_floats:
        return _FLOAT_BYTES * (2 * before_samples + 2 * after_samples + pixels_between)
    return (before_samples + after_samples) * 4 // 3 + 4 * pixels_between
