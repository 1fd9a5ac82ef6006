"""PNG files with their rows unpacked, for libpng to take from there.

libpng brings its own inflate; ISA-L's takes half the time. So the rows are unpacked here and handed on as the
same PNG with "stored" deflate blocks, which libpng only copies. It still undoes the filters, and checks.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from imaging import deflate
from imaging.containers.png import SIGNATURE
from imaging.lazy import np
from imaging.picture import Pixels

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_INPUT_BYTES = 1 << 16  # that are unpacked at a time
_BLOCK, _BLOCK_HEAD = 65_535, 5  # bytes; the longest that deflate stores
_CHUNK_FRAME = 12  # bytes around a chunk's data
_ZLIB_START, _ZLIB_END = b"\x78\x01", 4  # and the length of its checksum
_SMALL = 1 << 16  # bytes; below it does not pay


class _File(NamedTuple):
    before: list[memoryview]  # whole chunks
    packed: list[memoryview]  # data of IDAT chunks
    behind: list[memoryview]


class _UnfitError(Exception):
    """libpng should see the file as it is."""


def unpacked(data: bytes) -> Pixels | None:
    """As an array of bytes. None for a file that libpng should see as it is: a small, interlaced or animated
    one, or one that is not flawless."""
    if len(data) < _SMALL:
        return None
    try:
        return _written(_taken_apart(memoryview(data)), _row_bytes(data))
    except (struct.error, KeyError, _UnfitError):
        return None
    except deflate.errors():
        return None


def _row_bytes(data: bytes) -> int:
    """Of all rows, with their filters."""
    width, height, depth, type_, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    if interlaced:
        raise _UnfitError
    found = height * (1 + (width * _CHANNELS[type_] * depth + 7) // 8)
    if not deflate.held_bytes(found):
        raise _UnfitError
    return int(found)


def _taken_apart(data: memoryview) -> _File:
    file = _File([], [], [])
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + _CHUNK_FRAME + length
        if end > len(data) or kind == b"acTL" or (kind == b"IDAT" and file.behind):
            raise _UnfitError
        if kind == b"IDAT":
            file.packed.append(data[position + 8 : end - 4])
        else:
            (file.behind if file.packed else file.before).append(data[position:end])
        position = end
    return file


def _written(file: _File, row_bytes: int) -> Pixels:
    """A stored block to a chunk: OpenCV holds a copy of the chunk that it reads."""
    blocks = -(-row_bytes // _BLOCK)
    body = len(_ZLIB_START) + row_bytes + blocks * (_BLOCK_HEAD + _CHUNK_FRAME) + _ZLIB_END
    before, behind = b"".join((SIGNATURE, *file.before)), b"".join(file.behind)
    found = np.empty(len(before) + body + len(behind), np.uint8)
    view = memoryview(found.data)
    view[: len(before)] = before
    view[len(before) + body :] = behind
    position, left, rows = len(before), row_bytes, _Rows(file.packed, row_bytes)
    while left:
        position = _store(rows, view, position, left, first=left == row_bytes)
        left -= min(left, _BLOCK)
    if rows.more():
        raise _UnfitError
    return found


def _store(rows: _Rows, view: memoryview, start: int, left: int, *, first: bool) -> int:
    """A chunk of one block, at `start`; where it ends. `left`: bytes of rows, with this block."""
    size, last = min(left, _BLOCK), left <= _BLOCK
    lead = (_ZLIB_START if first else b"") + struct.pack("<BHH", last, size, size ^ 0xFFFF)
    length = len(lead) + size + (_ZLIB_END if last else 0)
    position = start + 8 + len(lead)
    view[start:position] = struct.pack(">I4s", length, b"IDAT") + lead
    rows.take(view[position : position + size])
    end = start + 8 + length
    if last:
        view[end - _ZLIB_END : end] = struct.pack(">I", rows.checksum)
    view[end : end + 4] = struct.pack(">I", deflate.crc32(view[start + 4 : end]))
    return end + 4


class _Rows:
    """What is in the packed data, some bytes at a time."""

    def __init__(self, packed: list[memoryview], size_bytes: int) -> None:
        self._left = size_bytes
        self.checksum = 1  # of all that was unpacked
        self._unpacker = deflate.unpacker()
        self._packed = (
            chunk[start : start + _INPUT_BYTES]
            for chunk in packed
            for start in range(0, len(chunk), _INPUT_BYTES)
        )
        self._piece = memoryview(b"")

    def take(self, room: memoryview) -> None:
        """Fill it. Raises `_UnfitError` when there is not enough."""
        while room:
            if not self.more():
                raise _UnfitError
            part, self._piece = self._piece[: len(room)], self._piece[len(room) :]
            room[: len(part)] = part
            room = room[len(part) :]

    def more(self) -> bool:
        """Raises `_UnfitError` when the data break off, or are more than there should be."""
        while not self._piece:
            packed = next(self._packed, None)
            if packed is None:
                if not self._unpacker.eof:
                    raise _UnfitError
                return False
            self._piece = memoryview(self._unpacker.decompress(packed, self._left + 1))
            self._left -= len(self._piece)
            if self._left < 0:
                raise _UnfitError
            self.checksum = deflate.adler32(self._piece, self.checksum)
        return True
