"""PNG (W3C, third edition): a row of chunks, each with a length, a type and a CRC."""

# ruff: noqa: ARG001, PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from imaging.coded_colours import CodedColours
from imaging.exif import orientation
from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take, take_at
from imaging.structure import UPRIGHT, Colour, Header

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TITLE = "PNG"
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_CONTROL = struct.Struct(">IIIIIHHBB")  # of a frame: number, size, place, time, what becomes of it, blending
_COLOUR_CHUNKS = (b"sRGB", b"gAMA", b"cHRM")
_TELLING = frozenset({b"iCCP", b"eXIf", b"iTXt", b"pHYs", b"cICP", *_COLOUR_CHUNKS})
_RGB_FULL_RANGE = b"\x00\x01"  # of cICP, behind the code points
_XMP = b"XML:com.adobe.xmp\x00"
_MAX_CHUNKS = 200_000
_MAX_METADATA = 16 * 2**20  # bytes of one metadata chunk, unpacked
_INCH_IN_METRES = 0.0254
# colour type -> how colours are stored, with alpha or not, allowed bits per sample
_COLOUR_TYPES = {
    0: (Colour.GRAY, False, (1, 2, 4, 8, 16)),
    2: (Colour.RGB, False, (8, 16)),
    3: (Colour.PALETTE, False, (1, 2, 4, 8)),
    4: (Colour.GRAY, True, (8, 16)),
    6: (Colour.RGB, True, (8, 16)),
}


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    offset: int  # of the data
    length: int  # of the data


def chunks(stream: BinaryIO, size_bytes: int) -> Iterator[_Chunk]:
    """Until IEND, or until the file ends."""
    position = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if position + 12 > size_bytes:
            return
        stream.seek(position)
        length, kind = struct.unpack(">I4s", take(stream, 8, _TITLE))
        if position + 12 + length > size_bytes:  # decoders make room for as much as is said
            raise cut_off(_TITLE, f"its chunk at byte {position:,} reaches beyond the end")
        yield _Chunk(kind, position + 8, length)
        if kind == b"IEND":
            return
        position += 12 + length
    raise broken(_TITLE, f"more than {_MAX_CHUNKS:,} chunks")


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    data = take_at(stream, len(SIGNATURE), 25, _TITLE)
    length, kind, width, height, depth, type_ = struct.unpack_from(">I4sIIBB", data)
    if kind != b"IHDR" or length != 13:
        raise broken(_TITLE, "it does not begin with its header chunk")
    if zlib.crc32(data[4:21]) != struct.unpack_from(">I", data, 21)[0]:
        raise broken(_TITLE, "the checksum of its header is wrong")
    colour, alpha, depths = _COLOUR_TYPES.get(type_, (Colour.RGB, False, ()))
    if depth not in depths:
        raise broken(_TITLE, f"colour type {type_} with {depth} bits does not exist")
    found = _Found()
    for chunk in chunks(stream, size_bytes):
        _look_at(chunk, stream, size_bytes, (width, height), found)
    if found.said and found.said != found.controls:
        raise broken(_TITLE, f"it says it has {found.said:,} frames, and {found.controls:,} are in it")
    return Header(
        "png",
        width,
        height,
        size_bytes,
        bit_depth=depth,
        colour=colour,
        has_alpha=alpha or found.keyed or found.shows_through,
        frames=max(1, found.said),
        plays=found.plays,
        composed=found.said > 1 or found.apart,
        still_apart=found.apart,
        orientation=found.turned,
        plain=not (found.keyed and type_ == 0),
    )


@dataclass(slots=True)
class _Found:
    """What the chunks behind the header tell."""

    said: int = 0  # frames
    plays: int = 1
    controls: int = 0  # of frames
    apart: bool = False  # a still that is no frame
    shows_through: bool = False
    keyed: bool = False
    turned: int = UPRIGHT


def _look_at(
    chunk: _Chunk, stream: BinaryIO, size_bytes: int, canvas: tuple[int, int], found: _Found
) -> None:
    if chunk.kind == b"acTL" and chunk.length == 8:
        found.said, found.plays = struct.unpack(">II", take_at(stream, chunk.offset, 8, _TITLE))
    elif chunk.kind == b"fcTL" and chunk.length == _CONTROL.size:
        control = take_at(stream, chunk.offset, _CONTROL.size, _TITLE)
        found.shows_through |= _shows_through(control, *canvas, found.controls)
        found.controls += 1
    elif chunk.kind == b"IDAT":
        found.apart |= found.said > 0 and found.controls == 0
    elif chunk.kind == b"tRNS":
        found.keyed = True
    elif chunk.kind == b"eXIf" and chunk.offset + chunk.length <= size_bytes:
        found.turned = orientation(take_at(stream, chunk.offset, min(chunk.length, 65_536), _TITLE))


def _shows_through(control: bytes, width: int, height: int, number: int) -> bool:
    """Whether a frame leaves some of the canvas clear, whatever its own pixels are."""
    _, across, down, left, top, _, _, afterwards, _ = _CONTROL.unpack(control)
    if left + across > width or top + down > height or not across or not down:
        raise broken(_TITLE, "a frame lies outside its canvas")
    if number == 0:
        return afterwards != 0 or (across, down) != (width, height)
    return bool(afterwards == 1)


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """The file has its last chunk; something may stand behind it."""
    if size_bytes >= len(_END) and take_at(stream, size_bytes - len(_END), len(_END), _TITLE) == _END:
        return
    if not any(chunk.kind == b"IEND" for chunk in chunks(stream, size_bytes)):
        raise cut_off(_TITLE, "its last chunk (IEND) is missing")


def transparent_gray(stream: BinaryIO, size_bytes: int) -> int | None:
    """The value that the tRNS chunk of a gray picture makes transparent, in the picture's own depth."""
    for chunk in chunks(stream, size_bytes):
        if chunk.kind == b"tRNS" and chunk.length == 2:
            return int.from_bytes(take_at(stream, chunk.offset, 2, _TITLE), "big")
    return None


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    said: dict[bytes, bytes] = {}
    xmp: bytes | None = None
    for chunk in chunks(stream, size_bytes):
        if chunk.kind not in _TELLING or chunk.length > _MAX_METADATA:
            continue
        if chunk.offset + chunk.length > size_bytes:
            break
        data = take_at(stream, chunk.offset, chunk.length, _TITLE)
        if chunk.kind != b"iTXt":
            said[chunk.kind] = data
        elif data.startswith(_XMP) and data[len(_XMP)] == 0:  # not compressed
            xmp = data[len(_XMP) + 2 :].split(b"\x00", 2)[-1]
    return Metadata(
        icc=_unpacked(said[b"iCCP"]) if b"iCCP" in said else None,
        exif=said.get(b"eXIf"),
        xmp=xmp,
        dots_per_inch=_density(said.get(b"pHYs", b"")),
        png_colour=tuple((kind, said[kind]) for kind in _COLOUR_CHUNKS if kind in said),
        coded=_coded(said.get(b"cICP", b"")),
    )


def _coded(data: bytes) -> CodedColours | None:
    return CodedColours(data[0], data[1]) if data[2:] == _RGB_FULL_RANGE else None


def _unpacked(data: bytes) -> bytes | None:
    """An iCCP chunk: a name, a zero, the method (0), and the packed profile."""
    _, _, rest = data.partition(b"\x00")
    try:
        return zlib.decompressobj().decompress(rest[1:], _MAX_METADATA) or None
    except zlib.error:
        return None


def _density(data: bytes) -> tuple[float, float] | None:
    if len(data) != 9:
        return None
    across, down, unit = struct.unpack(">IIB", data)
    if unit != 1 or not across or not down:
        return None
    return across * _INCH_IN_METRES, down * _INCH_IN_METRES


def chunk_bytes(kind: bytes, data: bytes) -> bytes:
    """A whole chunk: length, kind, data, CRC."""
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(kind + data))))


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """Colour belongs before the pixels; all of it goes right behind the header chunk."""
    added = []
    if metadata.icc is not None:
        added.append(chunk_bytes(b"iCCP", b"ICC profile\x00\x00" + zlib.compress(metadata.icc)))
    if metadata.coded is not None:
        added.append(chunk_bytes(b"cICP", bytes(metadata.coded) + _RGB_FULL_RANGE))
    added += [chunk_bytes(kind, data) for kind, data in metadata.png_colour]
    if metadata.dots_per_inch is not None:
        across, down = (
            max(1, min(round(value / _INCH_IN_METRES), 2**31 - 1)) for value in metadata.dots_per_inch
        )
        added.append(chunk_bytes(b"pHYs", struct.pack(">IIB", across, down, 1)))
    if metadata.exif is not None:
        added.append(chunk_bytes(b"eXIf", metadata.exif))
    if metadata.xmp is not None:
        added.append(chunk_bytes(b"iTXt", _XMP + b"\x00\x00\x00\x00" + metadata.xmp))
    if not added:
        return encoded
    view = memoryview(encoded)
    behind_header = len(SIGNATURE) + 25
    return b"".join((view[:behind_header], *added, view[behind_header:]))
