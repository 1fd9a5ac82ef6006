"""TIFF directories (TIFF 6.0 and BigTIFF): reading their entries, and adding some to a file."""

# ruff: noqa: PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from imaging.reading import broken, take_at

TITLE = "TIFF"
MAX_DIRECTORIES = 10_000
_MAX_ENTRIES = 4096
_MAX_VALUE_BYTES = 16 * 2**20
# field type -> struct code, bytes
KINDS = {
    1: ("B", 1),
    2: ("s", 1),
    3: ("H", 2),
    4: ("I", 4),
    5: ("II", 8),
    6: ("b", 1),
    7: ("s", 1),
    8: ("h", 2),
    9: ("i", 4),
    10: ("ii", 8),
    11: ("f", 4),
    12: ("d", 8),
    13: ("I", 4),
    16: ("Q", 8),
    17: ("q", 8),
    18: ("Q", 8),
}
BYTE, SHORT, RATIONAL, UNDEFINED = 1, 3, 5, 7


@dataclass(frozen=True, slots=True)
class Layout:
    """Byte order and the widths that tell classic TIFF from BigTIFF."""

    order: str  # "<" or ">"
    big: bool

    @property
    def offset_code(self) -> str:
        return "Q" if self.big else "I"

    @property
    def count_code(self) -> str:
        return "Q" if self.big else "H"

    @property
    def entry_size(self) -> int:
        return 20 if self.big else 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: `raw` is its value, fetched from wherever it lies."""

    kind: int
    count: int
    raw: bytes
    order: str

    @property
    def numbers(self) -> tuple[int, ...]:
        """Integers; rationals come as their parts, one after the other."""
        code, size = KINDS[self.kind]
        if code in ("s", "f", "d"):
            return ()
        values = len(self.raw) // size * len(code)
        return struct.unpack(f"{self.order}{values}{code[0]}", self.raw)


Directory = Mapping[int, Entry]


def layout_of(stream: BinaryIO) -> tuple[Layout, int]:
    """And where the first directory is."""
    start = take_at(stream, 0, 8, TITLE)
    order = "<" if start[:2] == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", start, 2)
    if version != 43:
        return Layout(order, False), struct.unpack_from(order + "I", start, 4)[0]
    return Layout(order, True), struct.unpack(order + "Q", take_at(stream, 8, 8, TITLE))[0]


def directories(stream: BinaryIO, size_bytes: int) -> Iterator[Directory]:
    """The chain of directories (pages and their thumbnails)."""
    for _, directory in directories_at(stream, size_bytes):
        yield directory


def directories_at(stream: BinaryIO, size_bytes: int) -> Iterator[tuple[int, Directory]]:
    """With the byte at which each begins."""
    layout, offset = layout_of(stream)
    seen: set[int] = set()
    while offset:
        if offset in seen or len(seen) >= MAX_DIRECTORIES:
            raise broken(TITLE, "its directories run in a circle, or are too many")
        seen.add(offset)
        begins = offset
        directory, offset = _directory(stream, size_bytes, layout, begins)
        yield begins, directory


def _directory(
    stream: BinaryIO, size_bytes: int, layout: Layout, offset: int
) -> tuple[dict[int, Entry], int]:
    count_size = struct.calcsize(layout.count_code)
    (count,) = struct.unpack(layout.order + layout.count_code, take_at(stream, offset, count_size, TITLE))
    if not 0 < count <= _MAX_ENTRIES:
        raise broken(TITLE, f"a directory with {count:,} entries")
    offset_size = struct.calcsize(layout.offset_code)
    block = take_at(stream, offset + count_size, count * layout.entry_size + offset_size, TITLE)
    entries = {}
    for index in range(count):
        at = index * layout.entry_size
        tag, kind = struct.unpack_from(layout.order + "HH", block, at)
        (number,) = struct.unpack_from(layout.order + layout.offset_code, block, at + 4)
        if kind not in KINDS or tag in entries:
            continue
        length = KINDS[kind][1] * number
        value_at = at + 4 + offset_size
        if length <= offset_size:
            raw = block[value_at : value_at + length]
        else:
            (where,) = struct.unpack_from(layout.order + layout.offset_code, block, value_at)
            if length > _MAX_VALUE_BYTES:
                continue
            if where + length > size_bytes:
                raise broken(TITLE, f"the value of tag {tag} lies beyond the end of the file")
            raw = take_at(stream, where, length, TITLE)
        entries[tag] = Entry(kind, number, raw, layout.order)
    (following,) = struct.unpack_from(layout.order + layout.offset_code, block, count * layout.entry_size)
    return entries, following


def first_entry_offset(stream: BinaryIO, wanted: int) -> tuple[Layout, int] | None:
    """Where the first directory's entry of a tag begins in the file."""
    layout, start = layout_of(stream)
    count_size = struct.calcsize(layout.count_code)
    (count,) = struct.unpack(layout.order + layout.count_code, take_at(stream, start, count_size, TITLE))
    for index in range(min(count, _MAX_ENTRIES)):
        at = start + count_size + index * layout.entry_size
        if struct.unpack(layout.order + "H", take_at(stream, at, 2, TITLE))[0] == wanted:
            return layout, at
    return None


def with_entries(encoded: bytes, added: Mapping[int, tuple[int, bytes]]) -> bytes:
    """A classic little-endian TIFF of one directory, as encoders write it, with more tags.

    `added` maps a tag to its type and its value as bytes. A new directory goes to the end of the file;
    the old one becomes a hole of a few bytes.
    """
    (start,) = struct.unpack_from("<I", encoded, 4)
    (count,) = struct.unpack_from("<H", encoded, start)
    entries = {}
    for index in range(count):
        entry = encoded[start + 2 + 12 * index : start + 14 + 12 * index]
        entries[struct.unpack_from("<H", entry)[0]] = entry
    pieces = [b"\x00"] if len(encoded) % 2 else []
    end = len(encoded) + len(pieces)
    for tag, (kind, value) in added.items():
        number = len(value) // KINDS[kind][1]
        if len(value) <= 4:
            place = value.ljust(4, b"\x00")
        else:
            place = struct.pack("<I", end)
            pieces.append(value + b"\x00" * (len(value) % 2))
            end += len(pieces[-1])
        entries[tag] = struct.pack("<HHI", tag, kind, number) + place
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
    view = memoryview(encoded)
    return b"".join((view[:4], struct.pack("<I", end), view[8:], *pieces, directory, b"\x00\x00\x00\x00"))
