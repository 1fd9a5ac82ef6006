"""WebP by libwebp. It has no gray: a gray picture is stored as three equal channels.

Lossy files are written with libwebp's method 2: in half the time of method 4, which OpenCV is bound to, the
files are 1 to 3 % smaller, and 0.1 to 0.2 dB further from the picture, so as good for their size.
"""

from __future__ import annotations

import io

from PIL import Image

from dpip.errors import Unprocessable
from imaging.codecs import opencv
from imaging.codecs.options import EncodeOptions
from imaging.lazy import cv2
from imaging.picture import Picture, Pixels
from imaging.shaping import in_colour_order
from imaging.structure import Header

_METHOD = 2  # of 0 (quick) to 6 (small)
_LOSSLESS = 101  # OpenCV's spelling: a quality over 100


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    return Picture(opencv.decode(data, header.title))


def encode(picture: Picture, options: EncodeOptions) -> bytes:
    pixels = in_colour_order(picture).pixels
    if options.lossless:
        return opencv.encode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, _LOSSLESS])
    return _lossy(pixels, options.quality)


def _lossy(pixels: Pixels, quality: int) -> bytes:
    orders = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]  # noqa: PLR2004
    image = Image.fromarray(cv2.cvtColor(pixels, orders[channels]))
    found = io.BytesIO()
    try:
        image.save(found, "WEBP", quality=quality, method=_METHOD)
    except (OSError, ValueError) as error:
        raise Unprocessable(
            f"a result of {image.width:,} x {image.height:,} pixels cannot be written as WebP"
        ) from error
    return found.getvalue()
