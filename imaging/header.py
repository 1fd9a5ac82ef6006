"""What a file is, told by its content. No pixel is decoded here, and no name or claim is believed."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from dpip.errors import Unprocessable, UnsupportedFormat
from imaging.containers import container_of
from imaging.formats import LONGEST_MAGIC, sniff, titles
from imaging.limits import Limits
from imaging.structure import UPRIGHT, Colour, Header

__all__ = ["Colour", "Header", "check_complete", "read_header"]

_LAST_ORIENTATION = 8


def read_header(stream: BinaryIO, size_bytes: int, limits: Limits) -> Header:
    """The header of the picture in `stream`, which must be seekable and hold `size_bytes` bytes.

    Raises `UnsupportedFormat` for what is none of our formats, `TooLarge` for what is over the limits,
    `Unprocessable` for an empty file, a broken header, or more pictures in the file than are taken.
    """
    if size_bytes == 0:
        raise Unprocessable("the file is empty: it has 0 bytes")
    limits.check_bytes(size_bytes)
    stream.seek(0)
    format_ = sniff(stream.read(LONGEST_MAGIC))
    if format_ is None:
        raise UnsupportedFormat(
            f"this is not an image that DPIP reads. It reads {titles()} "
            "(told by the content, not by the name)"
        )
    if not format_.available:
        raise UnsupportedFormat(
            f"{format_.title} is not read here: the extra {format_.name!r} of DPIP is not installed. "
            f"What is read: {titles()}"
        )
    header = _checked(container_of(format_.name).read_header(stream, size_bytes), size_bytes, limits)
    if header.pages:
        header = replace(header, pages=tuple(_checked(page, size_bytes, limits) for page in header.pages))
    limits.check_frames(header.frames, header.total_pixels, format_.title)
    return header


def _checked(header: Header, size_bytes: int, limits: Limits) -> Header:
    if header.width < 1 or header.height < 1:
        raise Unprocessable(f"the {header.title} file says it is {header.width} x {header.height} pixels")
    limits.check_size(header.width, header.height)
    valid = UPRIGHT <= header.orientation <= _LAST_ORIENTATION
    if valid and header.size_bytes == size_bytes:
        return header
    return replace(header, size_bytes=size_bytes, orientation=header.orientation if valid else UPRIGHT)


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """Raises `Unprocessable` when the end of the file is missing, as far as this can be told without
    decoding it: a few reads, or one pass over the bytes at worst."""
    container_of(header.format).check_complete(stream, size_bytes, header)
