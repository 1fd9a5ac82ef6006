"""Pillow's decoders, for what OpenCV gets wrong, with its errors translated."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageCms

from dpip.errors import Unprocessable
from imaging.lazy import cv2, np
from imaging.picture import Pixels
from imaging.structure import Header

_BAD_INPUT = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    EOFError,
    struct.error,
    zlib.error,
    Warning,  # where the process makes errors of them
)
_PLAIN_MODES = frozenset({"L", "LA", "RGB", "RGBA"})
_PALETTES = frozenset({"P", "PA"})


def decode(data: bytes, header: Header) -> Pixels:
    """The first picture, 8 bits per sample (gray: 16 where stored so). Raises `Unprocessable`.

    CMYK becomes sRGB, by its profile if it has one.
    """
    try:
        with Image.open(io.BytesIO(data), formats=[header.format.upper()]) as image:
            if image.size != (header.width, header.height):
                raise Unprocessable(f"the {header.title} file contradicts itself about its size")
            return _in_opencv_order(_simplified(image, header))
    except (*_BAD_INPUT, Image.DecompressionBombError) as error:
        raise Unprocessable(
            f"the {header.title} file cannot be decoded: it is damaged, cut off, or of a rare kind ({error})"
        ) from error


def _simplified(image: Image.Image, header: Header) -> Image.Image:
    if image.mode in _PLAIN_MODES or image.mode.startswith("I;16"):
        image.load()
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode in _PALETTES:
        return image.convert("RGBA" if header.has_alpha or "transparency" in image.info else "RGB")
    if image.mode == "CMYK":
        return _from_cmyk(image)
    if image.mode in ("RGBa", "La"):
        return image.convert("RGBA" if image.mode == "RGBa" else "LA")
    if image.mode in ("RGBX", "YCbCr", "LAB"):
        return image.convert("RGB")
    raise Unprocessable(f"the {header.title} file stores its pixels in a way ({image.mode}) that is not read")


def _from_cmyk(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a broken profile: as if there were none
        if converted is not None:
            return converted
    return image.convert("RGB")


def _in_opencv_order(image: Image.Image) -> Pixels:
    pixels = np.asarray(image)
    if image.mode == "RGB":
        return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    if image.mode == "RGBA":
        return cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA)
    return pixels.astype(np.uint16) if image.mode.startswith("I;16") else pixels.copy()
