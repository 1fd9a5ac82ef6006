"""Container formats: headers, completeness and metadata as bytes. Neither OpenCV nor Pillow is used here."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from imaging.containers import avif, bmp, gif, heic, jpeg, jpeg2000, png, pnm, tiff, webp
from imaging.metadata import Metadata
from imaging.structure import Header


class Container(Protocol):
    """What each module of this package offers."""

    def read_header(self, stream: BinaryIO, size_bytes: int) -> Header:
        """Raises `Unprocessable` when the header is broken or incomplete."""

    def check_complete(self, stream: BinaryIO, size_bytes: int, header: Header) -> None:
        """Raises `Unprocessable` when the end of the file is missing."""

    def read_metadata(self, stream: BinaryIO, size_bytes: int) -> Metadata: ...

    def with_metadata(self, encoded: bytes, metadata: Metadata) -> bytes:
        """The encoded picture with what this format can hold of the metadata."""


_CONTAINERS: dict[str, Container] = {
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


def container_of(format_name: str) -> Container:
    return _CONTAINERS[format_name]
