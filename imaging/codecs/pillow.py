"""Pillow's decoders, for what OpenCV gets wrong, with its errors translated."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction

from PIL import Image, ImageCms

from dpip.errors import Unprocessable
from imaging.frame import Frame
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.structure import Header

BAD_INPUT = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    EOFError,
    RuntimeError,
    AssertionError,
    AttributeError,
    ArithmeticError,
    struct.error,
    zlib.error,
    Warning,  # where the process makes errors of them
)
_MILLISECONDS = 1000
_PLAIN_MODES = frozenset({"L", "LA", "RGB", "RGBA"})
_PALETTES = frozenset({"P", "PA"})


def decode(data: bytes, header: Header) -> Pixels:
    """The first picture, 8 bits per sample (gray: 16 where stored so). Raises `Unprocessable`.

    CMYK becomes sRGB, by its profile if it has one.
    """
    with opened(data, header) as image:
        return _in_opencv_order(_simplified(image, header))


@contextmanager
def opened(data: bytes, header: Header) -> Iterator[Image.Image]:
    """What goes wrong with the image is raised as `Unprocessable`."""
    try:
        with Image.open(io.BytesIO(data), formats=[header.format.upper()]) as image:
            if image.size != (header.width, header.height):
                raise Unprocessable(f"the {header.title} file contradicts itself about its size")
            yield image
    except (*BAD_INPUT, Image.DecompressionBombError) as error:
        raise Unprocessable(
            f"the {header.title} file cannot be decoded: it is damaged, cut off, or of a rare kind ({error})"
        ) from error


def frames(data: bytes, header: Header) -> Iterator[Frame]:
    """Of an animation whose decoder composes them."""
    with opened(data, header) as image:
        if getattr(image, "n_frames", 1) != header.frames:
            raise Unprocessable(f"the {header.title} file contradicts itself about the number of its frames")
        for number in range(header.frames):
            image.seek(number)
            image.load()
            pixels = _in_opencv_order(_simplified(image, header))
            seconds = Fraction(round(image.info.get("duration", 0)), _MILLISECONDS)
            yield Frame(Picture(pixels), seconds)


def image_of(picture: Picture) -> Image.Image:
    """8 bits; gray, gray and alpha, RGB or RGBA."""
    pixels = picture.pixels
    if not picture.is_gray:
        code = cv2.COLOR_BGRA2RGBA if picture.has_alpha else cv2.COLOR_BGR2RGB
        pixels = cv2.cvtColor(pixels, code)
    return Image.fromarray(pixels)


def saved(image: Image.Image, format_: str, settings: Mapping[str, object]) -> bytes:
    """Raises `Unprocessable` when the encoder refuses."""
    buffer = io.BytesIO()
    try:
        image.save(buffer, format_, **settings)
    except BAD_INPUT as error:
        raise Unprocessable(
            f"a result of {image.width:,} x {image.height:,} pixels cannot be written as {format_}: {error}"
        ) from error
    return buffer.getvalue()


def encode(picture: Picture, format_: str, settings: Mapping[str, object]) -> bytes:
    return saved(image_of(picture), format_, settings)


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
