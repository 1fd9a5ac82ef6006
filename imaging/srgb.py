"""Pictures by their colour profile (ICC) in sRGB: what is assumed of a file that can hold no profile."""

from __future__ import annotations

import functools
import io

from PIL import Image, ImageCms

from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import joined

_ROWS = 128  # that are worked on at a time
_STEPS = 9  # of each channel, for a look at what a profile does
_KEPT = 4
_EXACTLY = ImageCms.Flags.NOOPTIMIZE  # level by level: the quick way mixes few levels, far apart where dark


def in_srgb(picture: Picture, icc: bytes) -> Picture | None:
    """8 bits; `icc` is for as many channels as the picture has colours. The picture itself where the profile
    is as good as sRGB; None where it cannot be used."""
    if picture.is_deep:
        return None
    try:
        if _changes_nothing(icc, gray=picture.is_gray):
            return picture
        pixels = np.ascontiguousarray(picture.colour)
        colour = cv2.LUT(pixels, _of_levels(icc)) if picture.is_gray else _converted(pixels, icc)
    except (ImageCms.PyCMSError, OSError):
        return None
    return Picture(colour) if picture.alpha is None else joined(colour, picture.alpha)


def _converted(pixels: Pixels, icc: bytes) -> Pixels:
    """Blue, green, red."""
    transform = _transform(icc, "RGB", ImageCms.Flags.NONE)
    found = np.empty_like(pixels)
    for start in range(0, len(pixels), _ROWS):
        image = Image.fromarray(cv2.cvtColor(pixels[start : start + _ROWS], cv2.COLOR_BGR2RGB))
        found[start : start + _ROWS] = np.asarray(ImageCms.applyTransform(image, transform))[..., ::-1]
    return found


@functools.lru_cache(maxsize=_KEPT)
def _of_levels(icc: bytes) -> Pixels:
    """What becomes of each level of gray."""
    levels = Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis])
    made = ImageCms.applyTransform(levels, _transform(icc, "L", _EXACTLY))
    return np.ascontiguousarray(np.asarray(made)[0, :, 1])


def _transform(icc: bytes, mode: str, flags: ImageCms.Flags) -> ImageCms.ImageCmsTransform:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    return ImageCms.buildTransform(
        profile, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, flags
    )


@functools.lru_cache(maxsize=_KEPT)
def _changes_nothing(icc: bytes, *, gray: bool) -> bool:
    """But for rounding: tried on all levels, or on colours all over the cube."""
    if gray:
        return bool(cv2.norm(_of_levels(icc), np.arange(256, dtype=np.uint8), cv2.NORM_INF) <= 1)
    levels = np.linspace(0, 255, _STEPS).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(_STEPS, -1, 3)
    return bool(cv2.norm(_converted(cube, icc), cube, cv2.NORM_INF) <= 1)
