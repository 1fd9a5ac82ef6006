"""ISO media boxes (ISO/IEC 14496-12), of which AVIF, HEIC and JPEG 2000 files are made."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from imaging.reading import broken, cut_off, take_at

_MAX_BOXES = 10_000
MAX_METADATA = 16 * 2**20  # bytes of a box that is read whole


@dataclass(frozen=True, slots=True)
class Box:
    kind: bytes
    offset: int  # of the content
    length: int  # of the content

    @property
    def end(self) -> int:
        return self.offset + self.length


def boxes(stream: BinaryIO, start: int, end: int, title: str) -> Iterator[Box]:
    """Those between two places. Raises `Unprocessable` when one reaches beyond the end."""
    position = start
    for _ in range(_MAX_BOXES):
        if position == end:
            return
        if position + 8 > end:
            raise cut_off(title, f"a box begins at byte {position:,}, {end - position} bytes before the end")
        length, kind = struct.unpack(">I4s", take_at(stream, position, 8, title))
        header = 8
        if length == 1:
            (length,) = struct.unpack(">Q", take_at(stream, position + 8, 8, title))
            header = 16
        elif length == 0:
            length = end - position
        if length < header:
            raise broken(title, f"a box of {length} bytes at byte {position:,}")
        if position + length > end:
            raise cut_off(title, f"the box {kind!r} at byte {position:,} reaches beyond the end")
        yield Box(kind, position + header, length - header)
        position += length
    raise broken(title, f"more than {_MAX_BOXES:,} boxes")


def content(stream: BinaryIO, box: Box, title: str) -> bytes:
    if box.length > MAX_METADATA:
        raise broken(title, f"a box {box.kind!r} of {box.length:,} bytes")
    return take_at(stream, box.offset, box.length, title)


def box_bytes(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data) + 8, kind) + data
