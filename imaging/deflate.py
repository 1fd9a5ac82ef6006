"""Deflate, which PNG packs its rows by: ISA-L where it is installed, else zlib.

ISA-L, at about the size of zlib's level 3, takes a tenth of its time to pack and half of it to unpack.
"""

from __future__ import annotations

import functools
import importlib
import zlib
from typing import Any, Protocol

_MOST_HELD = 1 << 27  # bytes
_WITHIN_ZLIB_HEADER = 15  # window bits; and the two bytes before, the checksum behind


class Packer(Protocol):
    """As `zlib.compressobj` makes them."""

    def compress(self, data: Any, /) -> bytes: ...

    def flush(self) -> bytes: ...


class Unpacker(Protocol):
    """As `zlib.decompressobj` makes them."""

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: Any, max_length: int = 0, /) -> bytes: ...


@functools.cache
def _isal() -> Any:
    """None where it is not installed."""
    try:
        return importlib.import_module("isal.isal_zlib")
    except ImportError:
        return None


def is_quick() -> bool:
    """Whether packing here is quicker than that of the libraries that decode pictures."""
    return _isal() is not None


def held_bytes(row_bytes: int) -> int:
    """Memory for unpacked rows that are decoded from there; 0 where they are left to the decoder: nothing is
    quicker here, or they are too large to be held once more."""
    return row_bytes if is_quick() and row_bytes <= _MOST_HELD else 0


def packer() -> Packer:
    """Quick rather than small."""
    isal = _isal()
    made: Packer = isal.compressobj(1, zlib.DEFLATED, _WITHIN_ZLIB_HEADER) if isal else zlib.compressobj(1)
    return made


def unpacker() -> Unpacker:
    isal = _isal()
    made: Unpacker = isal.decompressobj() if isal else zlib.decompressobj()
    return made


def crc32(data: Any, start: int = 0) -> int:
    isal = _isal()
    return int((isal or zlib).crc32(data, start))


def adler32(data: Any, start: int = 1) -> int:
    isal = _isal()
    return int((isal or zlib).adler32(data, start))


def errors() -> tuple[type[Exception], ...]:
    """What unpacking raises for broken data."""
    isal = _isal()
    return (zlib.error, isal.error) if isal else (zlib.error,)
