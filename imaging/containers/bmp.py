"""BMP: a file header, an information header, masks or a palette, and rows."""

# ruff: noqa: ARG001, PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import struct
from typing import BinaryIO

from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take_at
from imaging.structure import Colour, Header

_TITLE = "BMP"
_CORE_HEADER, _INFO_HEADER, _V3_HEADER = 12, 40, 56
_MAX_INFO = 256
_UNCOMPRESSED, _BITFIELDS, _ALPHA_BITFIELDS = 0, 3, 6
_DEPTHS = (1, 4, 8, 16, 24, 32)
_INCH_IN_METRES = 0.0254


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    (info_size,) = struct.unpack("<I", take_at(stream, 14, 4, _TITLE))
    if info_size != _CORE_HEADER and not _INFO_HEADER <= info_size <= _MAX_INFO:
        raise broken(_TITLE, f"an information header of {info_size:,} bytes does not exist")
    info = take_at(stream, 14, info_size, _TITLE)
    compression, alpha_mask = 0, 0
    if info_size == _CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", info, 4)
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", info, 4)
        if info_size >= _V3_HEADER:
            (alpha_mask,) = struct.unpack_from("<I", info, 52)
    if bits not in _DEPTHS:
        raise broken(_TITLE, f"{bits} bits per pixel; {', '.join(map(str, _DEPTHS))} are read")
    alpha = bits == 32 and compression in (_BITFIELDS, _ALPHA_BITFIELDS) and alpha_mask != 0
    return Header(
        "bmp",
        width,
        abs(height),
        size_bytes,
        colour=Colour.PALETTE if bits <= 8 else Colour.RGB,
        has_alpha=alpha,
        plain=bits == 24 and compression == _UNCOMPRESSED and info_size != _CORE_HEADER,
    )


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """Rows that are not packed have a known length."""
    start, info_size = struct.unpack("<II", take_at(stream, 10, 8, _TITLE))
    needed = start
    if info_size == _CORE_HEADER:
        (bits,) = struct.unpack("<H", take_at(stream, 24, 2, _TITLE))
        compression = _UNCOMPRESSED
    else:
        bits, compression = struct.unpack("<HI", take_at(stream, 28, 6, _TITLE))
    if compression in (_UNCOMPRESSED, _BITFIELDS, _ALPHA_BITFIELDS):
        needed += (header.width * bits + 31) // 32 * 4 * header.height
    if size_bytes < needed:
        raise cut_off(_TITLE, f"its rows need {needed:,} bytes, and {size_bytes:,} are there")


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    (info_size,) = struct.unpack("<I", take_at(stream, 14, 4, _TITLE))
    if info_size < _INFO_HEADER:
        return Metadata()
    across, down = struct.unpack("<ii", take_at(stream, 38, 8, _TITLE))
    if across <= 0 or down <= 0:
        return Metadata()
    return Metadata(dots_per_inch=(across * _INCH_IN_METRES, down * _INCH_IN_METRES))


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """Only the resolution has a place."""
    if metadata.dots_per_inch is None:
        return encoded
    across, down = (
        max(1, min(round(value / _INCH_IN_METRES), 2**31 - 1)) for value in metadata.dots_per_inch
    )
    return b"".join((encoded[:38], struct.pack("<ii", across, down), memoryview(encoded)[46:]))
