"""Encoded pictures without what their files say beside the pixels; the pixels stay bit by bit.

What comes out is what an encoder of ours could have written: metadata is put along afterwards, as to that.
"""

# ruff: noqa: PLR2004 - the numbers are those of the formats
from __future__ import annotations

import re
import struct
from collections.abc import Iterator

_PNG_HEAD = 8  # its signature
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_WEBP_KEPT = frozenset({b"VP8X", b"ALPH", b"VP8 ", b"VP8L"})
_WEBP_SPOKEN_FOR = 0x04 | 0x08 | 0x20  # VP8X says that XMP, EXIF, a profile follow
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP14, _APP15, _COM = 0xE0, 0xEE, 0xEF, 0xFE
_ALONE = frozenset({0x01, _SOI, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JFIF = struct.pack(">BBH5sHBHHBB", 0xFF, _APP0, 16, b"JFIF\x00", 0x0101, 0, 1, 1, 0, 0)


def bare(data: bytes, format_name: str) -> bytes | None:
    """None for a format that this is not done for, or a file that is broken."""
    taking_apart = {"jpeg": _jpeg, "png": _png, "webp": _webp}.get(format_name)
    try:
        return taking_apart(data) if taking_apart else None
    except (struct.error, IndexError, _BrokenError):
        return None


class _BrokenError(Exception):
    pass


def _png(data: bytes) -> bytes:
    pieces = [data[:_PNG_HEAD]]
    position = _PNG_HEAD
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if kind in _PNG_KEPT:
            pieces.append(data[position:end])
        position = end
        if kind == b"IEND":
            return b"".join(pieces)


def _webp(data: bytes) -> bytes:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise _BrokenError
    pieces = [b"WEBP"]
    position = 12
    while position + 8 <= length + 8:
        kind, size = struct.unpack_from("<4sI", data, position)
        end = position + 8 + size + size % 2
        piece = data[position:end]
        if kind == b"VP8X":
            piece = piece[:8] + bytes((piece[8] & ~_WEBP_SPOKEN_FOR,)) + piece[9:]
        if kind in _WEBP_KEPT:
            pieces.append(piece)
        position = end
    content = b"".join(pieces)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _jpeg(data: bytes) -> bytes:
    """Tables, frame and scans; what Adobe says of the colours, which decides how they are read."""
    kept, adobe, named_rgb = [], b"", False
    for marker, piece in _jpeg_pieces(data):
        if marker == _APP14 and piece[4:9] == b"Adobe":
            adobe = piece
        elif _APP0 <= marker <= _APP15 or marker == _COM:
            continue
        else:
            kept.append(piece)
        if marker in _FRAMES and len(piece) >= 19:
            named_rgb = bytes((piece[10], piece[13], piece[16])) == b"RGB"
    start = adobe or (b"" if named_rgb else _JFIF)  # JFIF would say that it is YCbCr
    if not start:
        raise _BrokenError  # nothing to put metadata behind; rare
    return b"".join((b"\xff\xd8", start, *kept, b"\xff\xd9"))


def _jpeg_pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers with their segments, scans with their data, up to the end of the image."""
    position = 2
    while True:
        lead, marker = data[position], data[position + 1]
        if lead != 0xFF:
            raise _BrokenError
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker == _EOI:
            return
        if marker in _ALONE:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        end = position + 2 + length
        if marker == _SOS:
            following = _AFTER_SCAN.search(data, end)
            if following is None:
                raise _BrokenError
            end = following.start()
        yield marker, data[position:end]
        position = end
