"""Encoded bytes to pixels and back, a module per format. OpenCV where it is right, Pillow where it is not."""

from __future__ import annotations

from typing import Protocol

from imaging.codecs import avif, bmp, gif, heic, jpeg, jpeg2000, png, pnm, tiff, webp
from imaging.codecs.options import EncodeOptions
from imaging.picture import Picture
from imaging.structure import Header


class Codec(Protocol):
    """What each module of this package offers. Both raise `Unprocessable`."""

    def decode(self, data: bytes, header: Header, *, luma_only: bool) -> Picture:
        """Pixels as stored: the orientation is not applied. `luma_only` allows to decode just the BT.601
        luma, where that is cheaper; a picture in colour is a right answer too."""

    def encode(self, picture: Picture, options: EncodeOptions) -> bytes:
        """Of pictures that the format can hold as they are (see `formats.Format`)."""


_CODECS: dict[str, Codec] = {
    "jpeg": jpeg,
    "png": png,
    "webp": webp,
    "gif": gif,
    "avif": avif,
    "bmp": bmp,
    "tiff": tiff,
    "jpeg2000": jpeg2000,
    "pnm": pnm,
    "heic": heic,
}


def codec_of(format_name: str) -> Codec:
    return _CODECS[format_name]
