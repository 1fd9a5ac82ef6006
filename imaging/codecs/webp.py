"""WebP by libwebp. It has no gray: a gray picture is stored as three equal channels."""

from __future__ import annotations

from imaging.codecs import opencv
from imaging.codecs.options import EncodeOptions
from imaging.lazy import cv2
from imaging.picture import Picture
from imaging.shaping import in_colour_order
from imaging.structure import Header

_LOSSLESS = 101  # OpenCV's spelling: a quality over 100


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    return Picture(opencv.decode(data, header.title))


def encode(picture: Picture, options: EncodeOptions) -> bytes:
    quality = _LOSSLESS if options.lossless else options.quality
    return opencv.encode(".webp", in_colour_order(picture).pixels, [cv2.IMWRITE_WEBP_QUALITY, quality])
