"""Several pages in a TIFF: each taken out, and put together again."""

# ruff: noqa: PLR2004 - the numbers are those of the format
from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator

from dpip.errors import Unprocessable
from imaging.containers.tiff_directory import KINDS, TITLE, Directory, directories_at, layout_of
from imaging.reading import broken

_SUBFILE, _REDUCED, _PAGE = 254, 1, 2
_STRIPS, _TILES = 273, 324
_LONG = 4
_MOST_BYTES = 2**32 - 1


def is_page(directory: Directory) -> bool:
    """And no thumbnail of one."""
    entry = directory.get(_SUBFILE)
    return not (entry and entry.numbers and entry.numbers[0] & _REDUCED)


def split(data: bytes) -> Iterator[bytes]:
    """The file once for each page, as if that page were its first: only the pointer to it differs."""
    stream = io.BytesIO(data)
    layout, _ = layout_of(stream)
    at, code = (8, "Q") if layout.big else (4, "I")
    places = [place for place, directory in directories_at(stream, len(data)) if is_page(directory)]
    view = memoryview(data)
    for place in places:
        pointer = struct.pack(layout.order + code, place)
        yield b"".join((view[:at], pointer, view[at + len(pointer) :]))


def joined(files: Iterable[bytes]) -> bytes:
    """One TIFF of many, each classic, little-endian and of one directory, as our encoders write them."""
    pieces: list[bytes | bytearray] = []
    length, pointer_at = 0, 4
    for data in files:
        if length + len(data) > _MOST_BYTES:
            raise Unprocessable(f"a {TITLE} holds at most 4 GiB, and these pages need more: split them")
        moved = bytearray(data if len(data) % 2 == 0 else data + b"\x00")
        first, following = _moved(moved, length)
        if pieces:
            struct.pack_into("<I", pieces[-1], pointer_at, first + length)
        pieces.append(moved)
        length, pointer_at = length + len(moved), following
    return b"".join(pieces)


def _moved(data: bytearray, by: int) -> tuple[int, int]:
    """Adds to every place that the file names; returns where its directory is, and where its pointer to the
    next one is."""
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    for index in range(count):
        at = first + 2 + 12 * index
        tag, kind, number = struct.unpack_from("<HHI", data, at)
        if kind not in KINDS:
            raise broken(TITLE, f"a field of kind {kind}")
        value_at, apart = at + 8, KINDS[kind][1] * number > 4
        if apart:
            (value_at,) = struct.unpack_from("<I", data, at + 8)
            struct.pack_into("<I", data, at + 8, value_at + by)
        if tag in (_STRIPS, _TILES):
            if kind != _LONG:
                raise broken(TITLE, "places of pixels that are no long numbers")
            places = struct.unpack_from(f"<{number}I", data, value_at)
            struct.pack_into(f"<{number}I", data, value_at, *(place + by for place in places))
    return first, first + 2 + 12 * count
