"""JPEG 2000 by OpenJPEG: 8 bits by Pillow, 16 bits by OpenCV. OpenCV writes 16 bits without loss only."""

from __future__ import annotations

from dpip.errors import Unprocessable
from imaging.codecs import opencv, pillow
from imaging.codecs.options import EncodeOptions
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.structure import Colour, Header

_LOSSLESS = 1000  # OpenCV's spelling
_LEAST_DB, _DB_PER_QUALITY = 25.0, 0.2  # quality 90 is a PSNR of 43 dB
_FULL_16 = 65535


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    if not header.is_deep:
        return Picture(pillow.decode(data, header))
    if not header.plain or (header.colour is Colour.GRAY and header.has_alpha):
        raise Unprocessable(
            "this kind of JPEG 2000 with more than 8 bits is not read; gray, RGB and RGBA are"
        )
    pixels = opencv.decode(data, header.title)
    if header.bit_depth < 16:  # noqa: PLR2004 - what there is room for
        pixels = _stretched(pixels, header.bit_depth)
    return Picture(pixels)


def _stretched(pixels: Pixels, bits: int) -> Pixels:
    most = 2**bits - 1
    wide: Pixels = np.minimum(pixels, most).astype(np.uint32)
    wide *= _FULL_16
    wide += most // 2
    wide //= most
    return wide.astype(np.uint16)


def encode(picture: Picture, options: EncodeOptions) -> bytes:
    if picture.is_deep:
        return opencv.encode(".jp2", picture.pixels, [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, _LOSSLESS])
    settings: dict[str, object] = {"mct": 0 if picture.is_gray else 1}
    if not options.lossless:
        decibels = _LEAST_DB + _DB_PER_QUALITY * options.quality
        settings |= {"irreversible": True, "quality_mode": "dB", "quality_layers": [decibels]}
    return pillow.encode(picture, "JPEG2000", settings)
