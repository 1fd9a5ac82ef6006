"""TIFF: what its first full picture is, and its metadata."""

# ruff: noqa: ARG001, PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import BinaryIO

from imaging.containers.tiff_directory import (
    BYTE,
    RATIONAL,
    SHORT,
    TITLE,
    UNDEFINED,
    Directory,
    directories,
    first_entry_offset,
    with_entries,
)
from imaging.containers.tiff_pages import is_page
from imaging.containers.tiff_planes import APART, PLANAR_CONFIGURATION
from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, unread
from imaging.structure import UPRIGHT, Colour, Header

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIPS, _ORIENTATION, _SAMPLES, _STRIP_BYTES = 273, 274, 277, 279
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_TILES, _TILE_BYTES, _EXTRA, _SAMPLE_FORMAT, _XMP, _ICC = 324, 325, 338, 339, 700, 34675
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_COLOURS = {
    _WHITE_IS_ZERO: (Colour.GRAY, 1),
    _BLACK_IS_ZERO: (Colour.GRAY, 1),
    _RGB: (Colour.RGB, 3),
    _PALETTE: (Colour.PALETTE, 1),
    _CMYK: (Colour.CMYK, 4),
    _YCBCR: (Colour.RGB, 3),
}
_TILE_WIDTH, _TILE_HEIGHT = 322, 323
_LARGE_TILE = 1024 * 1024  # pixels
_UNSIGNED = 1
_DEPTHS = (1, 2, 4, 8, 16)
_FEW_BITS = 8
_DEEP = frozenset({(_BLACK_IS_ZERO, 1), (_RGB, 3), (_RGB, 4)})  # with how many samples
_EVERYDAY = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946})  # none, fax, LZW, JPEG, deflate, PackBits
_RARE = {6: "old JPEG", 34925: "LZMA", 50000: "Zstandard"}  # which Pillow alone reads
ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA = 1, 2
_INCH, _CENTIMETRE = 2, 3
_CM_PER_INCH = 2.54


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    pages = [_page(page, size_bytes) for page in directories(stream, size_bytes) if is_page(page)]
    if not pages:
        raise broken(TITLE, "it holds no picture")
    several = len(pages) > 1
    first_is_page = is_page(next(directories(stream, size_bytes)))
    return replace(
        pages[0],
        frames=len(pages),
        pages=tuple(pages) if several else (),
        composed=several or not first_is_page,
    )


def _page(first: Directory, size_bytes: int) -> Header:
    photometric = _number(first, _PHOTOMETRIC, -1)
    if photometric not in _COLOURS:
        raise unread(TITLE, f"its colour model (photometric interpretation {photometric})")
    colour, inks = _COLOURS[photometric]
    samples = _number(first, _SAMPLES, 1)
    depths = set(_numbers(first, _BITS)) or {1}
    depth = max(depths)
    if set(_numbers(first, _SAMPLE_FORMAT)) - {_UNSIGNED}:
        raise unread(TITLE, "its samples are signed or floating-point; unsigned integers are read")
    if len(depths) > 1 or depth not in _DEPTHS:
        told = ", ".join(map(str, sorted(depths)))
        raise unread(TITLE, f"{told} bits per sample; {', '.join(map(str, _DEPTHS))} are read")
    if samples not in (inks, inks + 1):
        raise unread(
            TITLE, f"{samples} samples per pixel; {inks} or {inks + 1} are read in this colour model"
        )
    if depth > _FEW_BITS and (photometric, samples) not in _DEEP:
        raise unread(
            TITLE, f"16 bits per sample in {samples} channels of its colour model; gray, RGB and RGBA are"
        )
    packing = _number(first, _COMPRESSION, 1)
    if packing not in _EVERYDAY and (packing not in _RARE or depth > _FEW_BITS):
        which = _RARE.get(packing, f"of kind {packing}")
        raise unread(TITLE, f"its compression ({which}) with {depth} bits per sample")
    width, height = _number(first, _WIDTH, 0), _number(first, _HEIGHT, 0)
    across, down = _number(first, _TILE_WIDTH, 0), _number(first, _TILE_HEIGHT, 0)
    if across * down > max(_LARGE_TILE, 4 * width * height):  # decoders make room for whole ones
        raise broken(TITLE, f"tiles of {across:,} x {down:,} pixels for {width:,} x {height:,}")
    return Header(
        "tiff",
        width,
        height,
        size_bytes,
        bit_depth=depth,
        colour=colour,
        has_alpha=samples == inks + 1,
        orientation=_number(first, _ORIENTATION, UPRIGHT),
        plain=photometric in (_BLACK_IS_ZERO, _RGB)
        and depth in (8, 16)
        and packing in _EVERYDAY
        and not (depth > _FEW_BITS and channels_apart(first)),
    )


def channels_apart(directory: Directory) -> bool:
    return _number(directory, PLANAR_CONFIGURATION, 1) == APART and _number(directory, _SAMPLES, 1) > 1


def has_channels_apart(data: bytes) -> bool:
    return channels_apart(next(directories(io.BytesIO(data), len(data))))


def alpha_is_associated(stream: BinaryIO, size_bytes: int) -> bool:
    """True when colours are stored multiplied by alpha."""
    first = next(directories(stream, size_bytes))
    return _number(first, _EXTRA, UNASSOCIATED_ALPHA) == ASSOCIATED_ALPHA


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """Every strip or tile lies within the file."""
    for page in directories(stream, size_bytes):
        for starts, lengths in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
            for start, length in zip(_numbers(page, starts), _numbers(page, lengths), strict=False):
                if start + length > size_bytes:
                    raise cut_off(TITLE, f"its pixels reach to byte {start + length:,} of {size_bytes:,}")


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    first = next(directories(stream, size_bytes))
    icc, xmp = first.get(_ICC), first.get(_XMP)
    return Metadata(icc=icc.raw if icc else None, xmp=xmp.raw if xmp else None, dots_per_inch=_density(first))


def _density(page: Directory) -> tuple[float, float] | None:
    unit = _number(page, _RESOLUTION_UNIT, _INCH)
    across, down = _numbers(page, _X_RESOLUTION), _numbers(page, _Y_RESOLUTION)
    if unit not in (_INCH, _CENTIMETRE) or len(across) != 2 or len(down) != 2 or not all((*across, *down)):
        return None
    factor = 1.0 if unit == _INCH else _CM_PER_INCH
    return across[0] / across[1] * factor, down[0] / down[1] * factor


def _numbers(page: Directory, tag: int) -> tuple[int, ...]:
    entry = page.get(tag)
    return entry.numbers if entry else ()


def _number(page: Directory, tag: int, default: int) -> int:
    numbers = _numbers(page, tag)
    return numbers[0] if numbers else default


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    added: dict[int, tuple[int, bytes]] = {}
    if metadata.icc is not None:
        added[_ICC] = (UNDEFINED, metadata.icc)
    if metadata.xmp is not None:
        added[_XMP] = (BYTE, metadata.xmp)
    if metadata.dots_per_inch is not None:
        for tag, value in zip((_X_RESOLUTION, _Y_RESOLUTION), metadata.dots_per_inch, strict=True):
            added[tag] = (RATIONAL, struct.pack("<II", min(round(value * 1000), 2**32 - 1), 1000))
        added[_RESOLUTION_UNIT] = (SHORT, struct.pack("<H", _INCH))
    return with_entries(encoded, added) if added else encoded


def declared_upright(data: bytes) -> bytes:
    """A copy whose orientation tag says 1. Decoders of TIFF turn the picture by it, and not all alike."""
    found = first_entry_offset(io.BytesIO(data), _ORIENTATION)
    if found is None:
        return data
    layout, at = found
    value_at = at + (12 if layout.big else 8)
    upright = struct.pack(layout.order + "H", UPRIGHT)
    view = memoryview(data)
    return b"".join((view[:value_at], upright, view[value_at + len(upright) :]))


def with_alpha_declared(encoded: bytes) -> bytes:
    """OpenCV writes a fourth channel without saying that it is alpha."""
    return with_entries(encoded, {_EXTRA: (SHORT, struct.pack("<H", UNASSOCIATED_ALPHA))})


__all__ = [
    "alpha_is_associated",
    "check_complete",
    "declared_upright",
    "has_channels_apart",
    "read_header",
    "read_metadata",
    "with_alpha_declared",
    "with_metadata",
]
