"""GIF (87a and 89a): a screen, and blocks: extensions, and pictures packed by LZW."""

# ruff: noqa: ARG001, PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from imaging.animation import Afterwards, Clock, Film, Part
from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take, take_at
from imaging.structure import Colour, Header

TITLE = "GIF"
_EXTENSION, _PICTURE, _TRAILER = b"!", b",", b";"
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_HAS_PALETTE, _INTERLACED, _HAS_TRANSPARENT = 0x80, 0x40, 0x01
_CLEAR, _RESTORE = 2, 3
_HUNDREDTHS = 100
_MAX_PARTS = 100_000
_MAX_EXTENSIONS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Control:
    """What an extension says of the picture behind it."""

    disposal: int = 0
    hundredths: int = 0  # of a second
    transparent: int | None = None  # index of a colour


@dataclass(frozen=True, slots=True)
class _Picture:
    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes
    start: int  # of the packed pixels
    end: int
    control: _Control


@dataclass(slots=True)
class _File:
    width: int
    height: int
    plays: int
    pictures: list[_Picture]


def _scanned(stream: BinaryIO) -> _File:
    """All blocks; nothing is unpacked. The screen grows to hold every picture."""
    width, height, flags = struct.unpack("<HHB2x", take_at(stream, 6, 7, TITLE))
    common = _palette(stream, flags)
    found = _File(width, height, 1, [])
    control = _Control()
    for _ in range(_MAX_EXTENSIONS):
        kind = stream.read(1)
        if kind in (b"", _TRAILER):
            return found
        if kind == _EXTENSION:
            control = _extension(stream, found, control)
        elif kind == _PICTURE:
            picture = _picture(stream, common, control)
            found.pictures.append(picture)
            found.width = max(found.width, picture.left + picture.width)
            found.height = max(found.height, picture.top + picture.height)
            control = _Control()
            if len(found.pictures) > _MAX_PARTS:
                raise broken(TITLE, f"more than {_MAX_PARTS:,} pictures")
        elif kind != b"\x00":
            raise broken(TITLE, f"a block of kind {kind[0]} at byte {stream.tell() - 1:,} does not exist")
    raise broken(TITLE, "too many extensions")


def _palette(stream: BinaryIO, flags: int) -> bytes:
    return take(stream, 3 * 2 ** ((flags & 7) + 1), TITLE) if flags & _HAS_PALETTE else b""


def _extension(stream: BinaryIO, found: _File, control: _Control) -> _Control:
    (label,) = take(stream, 1, TITLE)
    first = _block(stream)
    if label == _CONTROL and len(first) >= 4:
        flags, hundredths, index = struct.unpack_from("<BHB", first)
        control = _Control(flags >> 2 & 7, hundredths, index if flags & _HAS_TRANSPARENT else None)
    if label == _APPLICATION and first in _LOOPS:
        loop = _block(stream)
        if len(loop) >= 3 and loop[0] == 1:
            (repeats,) = struct.unpack_from("<H", loop, 1)
            found.plays = repeats + 1 if repeats else 0  # what viewers make of it
        first = loop
    if first:
        _skip_blocks(stream)
    return control


def _block(stream: BinaryIO) -> bytes:
    return take(stream, take(stream, 1, TITLE)[0], TITLE)


def _skip_blocks(stream: BinaryIO) -> None:
    while length := take(stream, 1, TITLE)[0]:
        stream.seek(length, io.SEEK_CUR)


def _picture(stream: BinaryIO, common: bytes, control: _Control) -> _Picture:
    left, top, width, height, flags = struct.unpack("<HHHHB", take(stream, 9, TITLE))
    if not width or not height:
        raise broken(TITLE, f"a picture of {width} x {height} pixels")
    palette = _palette(stream, flags) or common
    start = stream.tell()
    take(stream, 1, TITLE)  # the first code size
    _skip_blocks(stream)
    return _Picture(
        left, top, width, height, bool(flags & _INTERLACED), palette, start, stream.tell(), control
    )


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    found = _scanned(stream)
    if not found.pictures:
        raise broken(TITLE, "it holds no picture")
    first, several = found.pictures[0], len(found.pictures) > 1
    covers = (first.left, first.top, first.width, first.height) == (0, 0, found.width, found.height)
    alpha = not covers or any(
        picture.control.transparent is not None or (several and picture.control.disposal == _CLEAR)
        for picture in found.pictures
    )
    return Header(
        "gif",
        found.width,
        found.height,
        size_bytes,
        colour=Colour.PALETTE,
        has_alpha=alpha,
        frames=len(found.pictures),
        plays=found.plays,
        composed=several or not covers,
    )


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """Every block ends within the file. Viewers, and so we, do without the trailer."""
    if _scanned(stream).pictures[-1].end > size_bytes:
        raise cut_off(TITLE, "its last picture is not all there")


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    return Metadata()


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    return encoded


def split(data: bytes) -> Iterator[Part]:
    """The pictures, one by one, each as a GIF of its own size."""
    for picture in _scanned(io.BytesIO(data)).pictures:
        clear = picture.control.transparent
        size = struct.pack("<HH", picture.width, picture.height)
        depth = (len(picture.palette) // 3).bit_length() - 2 if picture.palette else 0
        own = b"".join(
            (
                b"GIF89a" + size,
                bytes(((_HAS_PALETTE if picture.palette else 0) | depth, 0, 0)),
                picture.palette,
                b"" if clear is None else _control_bytes(0, 0, clear),
                _PICTURE + bytes(4) + size + bytes((_INTERLACED if picture.interlaced else 0,)),
                memoryview(data)[picture.start : picture.end],
                _TRAILER,
            )
        )
        header = Header(
            "gif",
            picture.width,
            picture.height,
            len(own),
            colour=Colour.PALETTE,
            has_alpha=clear is not None,
        )
        afterwards = {_CLEAR: Afterwards.CLEAR, _RESTORE: Afterwards.RESTORE}
        yield Part(
            own,
            header,
            picture.left,
            picture.top,
            Fraction(picture.control.hundredths, _HUNDREDTHS),
            over=clear is not None,
            afterwards=afterwards.get(picture.control.disposal, Afterwards.KEEP),
        )


def _control_bytes(disposal: int, hundredths: int, transparent: int | None) -> bytes:
    flags = disposal << 2 | (0 if transparent is None else _HAS_TRANSPARENT)
    return _EXTENSION + struct.pack("<BBBHBB", _CONTROL, 4, flags, hundredths, transparent or 0, 0)


def joined(film: Film, parts: Iterator[Part]) -> bytes:
    """An animation of GIF files of one picture each, which keep their palettes."""
    pieces = [b"GIF89a" + struct.pack("<HHBBB", film.width, film.height, 0x70, 0, 0)]
    if film.plays != 1:
        repeats = min(max(film.plays - 1, 0), 0xFFFF)
        pieces.append(
            _EXTENSION + bytes((_APPLICATION, 11)) + _LOOPS[0] + struct.pack("<BBHB", 3, 1, repeats, 0)
        )
    clock = Clock(_HUNDREDTHS, 0xFFFF)
    for part in parts:
        (picture,) = _scanned(io.BytesIO(part.data)).pictures
        disposal = {Afterwards.CLEAR: _CLEAR, Afterwards.RESTORE: _RESTORE}.get(part.afterwards, 1)
        pieces.append(_control_bytes(disposal, clock.ticks(part.seconds), picture.control.transparent))
        depth = (len(picture.palette) // 3).bit_length() - 2
        place = struct.pack(
            "<HHHHB", part.left, part.top, picture.width, picture.height, _HAS_PALETTE | depth
        )
        pieces += (_PICTURE + place, picture.palette, part.data[picture.start : picture.end])
    pieces.append(_TRAILER)
    return b"".join(pieces)
