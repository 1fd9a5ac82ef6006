"""JPEG 2000 (ISO/IEC 15444-1): a codestream of marked segments, alone or in a JP2 file of boxes."""

# ruff: noqa: ARG001, PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from imaging.containers.boxes import MAX_METADATA, Box, box_bytes, boxes, content
from imaging.exif import orientation
from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take, take_at
from imaging.structure import UPRIGHT, Colour, Header

TITLE = "JPEG 2000"
_SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_SIZ, _COD, _SOT = 0xFF51, 0xFF52, 0xFF90
_END = b"\xff\xd9"
_REVERSIBLE = 1
_MAX_TILES = 65_535
_MAX_LAYERS, _MAX_SEGMENTS = 200, 1000
_ENUMERATED, _ICC = 1, (2, 3)
_SRGB, _GRAY, _SYCC = 16, 17, 18
_XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF_ID = b"JpgTiffExif->JP2"
_METRE_IN_INCHES = 1 / 0.0254


@dataclass(frozen=True, slots=True)
class _Codestream:
    width: int
    height: int
    channels: int
    depth: int
    subsampled: bool
    reversible: bool


def _codestream(stream: BinaryIO, start: int) -> _Codestream:
    """Its main header, up to the first tile."""
    stream.seek(start)
    if take(stream, 2, TITLE) != b"\xff\x4f":
        raise broken(TITLE, "no codestream where one belongs")
    size: tuple[int, int, int, int, bool] | None = None
    for _ in range(_MAX_SEGMENTS):
        marker, length = struct.unpack(">HH", take(stream, 4, TITLE))
        if marker == _SOT or length < 2:
            break
        data = take(stream, length - 2, TITLE)
        if marker == _SIZ:
            size = _size(data)
        elif marker == _COD and size is not None:
            if len(data) < 10:
                break
            (layers,) = struct.unpack_from(">H", data, 2)
            if not 1 <= layers <= _MAX_LAYERS:
                raise broken(TITLE, f"{layers:,} layers of quality; at most {_MAX_LAYERS} are read")
            return _Codestream(*size, reversible=data[9] == _REVERSIBLE)
    raise broken(TITLE, "its header is not whole")


def _size(data: bytes) -> tuple[int, int, int, int, bool]:
    if len(data) < 36:
        raise broken(TITLE, "its size segment is too short")
    right, bottom, left, top, tile_width, tile_height, tile_left, tile_top, channels = struct.unpack_from(
        ">8IH", data, 2
    )
    if channels not in (1, 2, 3, 4) or len(data) < 36 + 3 * channels:
        raise broken(TITLE, f"{channels:,} components; 1 to 4 are read")
    if right <= left or bottom <= top or not tile_width or not tile_height:
        raise broken(TITLE, "its size makes no sense")
    if tile_left > left or tile_top > top:
        raise broken(TITLE, "its tiles do not cover it")
    tiles = -(-(right - tile_left) // tile_width) * -(-(bottom - tile_top) // tile_height)
    if tiles > _MAX_TILES:
        raise broken(TITLE, f"{tiles:,} tiles; at most {_MAX_TILES:,} are read")
    components = [data[36 + 3 * index : 39 + 3 * index] for index in range(channels)]
    depths = {component[0] for component in components}
    depth = components[0][0] + 1
    if len(depths) > 1 or depth > 16:  # the highest bit says that samples are signed
        raise broken(TITLE, "its components are signed, deeper than 16 bits, or not alike")
    steps = [component[1:] for component in components]
    return right - left, bottom - top, channels, depth, any(step != b"\x01\x01" for step in steps)


def _is_raw(stream: BinaryIO) -> bool:
    return take_at(stream, 0, 4, TITLE) == b"\xff\x4f\xff\x51"


def _top_boxes(stream: BinaryIO, size_bytes: int) -> Iterator[Box]:
    return boxes(stream, 0, size_bytes, TITLE)


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    if _is_raw(stream):
        found = _codestream(stream, 0)
        return _header(found, size_bytes, found.channels in (2, 4), UPRIGHT, plain=True)
    alpha, plain, turned = False, True, UPRIGHT
    code: _Codestream | None = None
    seen_header = False
    for box in _top_boxes(stream, size_bytes):
        if box.kind == b"jp2h" and not seen_header:
            seen_header = True
            alpha, plain = _colours(stream, box)
        elif box.kind == b"uuid" and box.length >= 16 and turned == UPRIGHT:
            if take_at(stream, box.offset, 16, TITLE) == _EXIF_ID:
                turned = orientation(take(stream, min(box.length - 16, 65_536), TITLE))
        elif box.kind == b"jp2c":
            code = _codestream(stream, box.offset)
            break  # metadata behind it is rare, and orientation more so
    if code is None or not seen_header:
        raise broken(TITLE, "it holds no picture")
    return _header(code, size_bytes, alpha or code.channels in (2, 4), turned, plain=plain)


def _header(code: _Codestream, size_bytes: int, alpha: bool, turned: int, *, plain: bool) -> Header:
    return Header(
        "jpeg2000",
        code.width,
        code.height,
        size_bytes,
        bit_depth=code.depth,
        colour=(Colour.RGB if not plain or code.channels > 2 else Colour.GRAY),
        has_alpha=alpha,
        orientation=turned,
        subsampled=code.subsampled,
        lossless=code.reversible,
        plain=plain and not code.subsampled,
    )


def _colours(stream: BinaryIO, header: Box) -> tuple[bool, bool]:
    """Whether alpha is declared, and whether the samples are plain gray or RGB."""
    alpha, plain, said = False, True, False
    for box in boxes(stream, header.offset, header.end, TITLE):
        if box.kind == b"colr" and box.length >= 3 and not said:
            method = take_at(stream, box.offset, 1, TITLE)[0]
            if method == _ENUMERATED and box.length >= 7:
                said = True
                (space,) = struct.unpack(">I", take_at(stream, box.offset + 3, 4, TITLE))
                if space not in (_SRGB, _GRAY, _SYCC):
                    raise broken(TITLE, f"its colour space ({space}) is not read; sRGB, gray and sYCC are")
                plain = space != _SYCC
        elif box.kind == b"pclr":
            raise broken(TITLE, "a palette, which is not read in this format")
        elif box.kind == b"cdef":
            entries = content(stream, box, TITLE)
            count = min(struct.unpack_from(">H", entries)[0], 4) if len(entries) >= 2 else 0
            if len(entries) < 2 + 6 * count:
                raise broken(TITLE, "its channel definition is too short")
            kinds = [struct.unpack_from(">HH", entries, 2 + 6 * index)[1] for index in range(count)]
            alpha = any(kind in (1, 2) for kind in kinds)
    return alpha, plain


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """The codestream ends with its end marker."""
    start, end = 0, size_bytes
    if not _is_raw(stream):
        for box in _top_boxes(stream, size_bytes):
            if box.kind == b"jp2c":
                start, end = box.offset, box.end
    if end - start < 2 or take_at(stream, end - 2, 2, TITLE) != _END:
        raise cut_off(TITLE, "its end marker is missing")


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    if _is_raw(stream):
        return Metadata()
    icc = exif = xmp = dots = None
    for box in _top_boxes(stream, size_bytes):
        if box.kind == b"jp2h":
            icc, dots = _profile_and_density(stream, box)
        elif box.kind == b"uuid" and 16 < box.length <= MAX_METADATA:
            name = take_at(stream, box.offset, 16, TITLE)
            if name == _EXIF_ID:
                exif = take(stream, box.length - 16, TITLE)
            elif name == _XMP_ID:
                xmp = take(stream, box.length - 16, TITLE)
    return Metadata(icc, exif, xmp, dots)


def _profile_and_density(stream: BinaryIO, header: Box) -> tuple[bytes | None, tuple[float, float] | None]:
    icc = dots = None
    for box in boxes(stream, header.offset, header.end, TITLE):
        if box.kind == b"colr" and 3 < box.length <= MAX_METADATA:
            data = content(stream, box, TITLE)
            if data[0] in _ICC:
                icc = data[3:]
        elif box.kind == b"res ":
            for inner in boxes(stream, box.offset, box.end, TITLE):
                if inner.kind == b"resc" and inner.length >= 10:
                    dots = _density(content(stream, inner, TITLE))
    return icc, dots


def _density(data: bytes) -> tuple[float, float] | None:
    down, down_by, across, across_by, down_tens, across_tens = struct.unpack_from(">HHHHbb", data)
    if not all((down, down_by, across, across_by)) or max(abs(down_tens), abs(across_tens)) > 20:
        return None
    per_metre = across / across_by * 10.0**across_tens, down / down_by * 10.0**down_tens
    return per_metre[0] / _METRE_IN_INCHES, per_metre[1] / _METRE_IN_INCHES


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """A profile takes the place of the named colour space; EXIF and XMP go to the end."""
    icc, dots = metadata.icc, metadata.dots_per_inch
    extra = [
        box_bytes(b"uuid", name + data)
        for name, data in ((_EXIF_ID, metadata.exif), (_XMP_ID, metadata.xmp))
        if data is not None
    ]
    if icc is None and dots is None and not extra:
        return encoded
    header = encoded.index(b"jp2h", len(_SIGNATURE)) - 4
    (length,) = struct.unpack_from(">I", encoded, header)
    inner, at = [], header + 8
    while at < header + length:
        (size,) = struct.unpack_from(">I", encoded, at)
        box = encoded[at : at + size]
        inner.append(box_bytes(b"colr", b"\x02\x00\x00" + icc) if icc and box[4:8] == b"colr" else box)
        at += size
    if dots is not None:
        inner.append(box_bytes(b"res ", box_bytes(b"resc", _density_bytes(dots))))
    view = memoryview(encoded)
    changed = box_bytes(b"jp2h", b"".join(inner))
    return b"".join((view[:header], changed, view[header + length :], *extra))


def _density_bytes(dots: tuple[float, float]) -> bytes:
    """Dots per metre, as fractions with a power of ten."""
    across, down = (min(max(round(value * _METRE_IN_INCHES), 1), 65_535) for value in dots)
    return struct.pack(">HHHHbb", down, 1, across, 1, 0, 0)
