"""BMP: plain 24-bit files by OpenCV, all others by Pillow."""

from __future__ import annotations

from imaging.codecs import opencv, pillow
from imaging.codecs.options import EncodeOptions
from imaging.picture import Picture
from imaging.shaping import in_colour_order
from imaging.structure import Header


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    if header.plain:
        return Picture(opencv.decode(data, header.title))
    return Picture(pillow.decode(data, header))


def encode(picture: Picture, options: EncodeOptions) -> bytes:  # noqa: ARG001 - there is no choice
    return opencv.encode(".bmp", in_colour_order(picture).pixels)
