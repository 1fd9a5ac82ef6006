"""Ways to break a file, the same ones for the same number."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

from tests.fuzz.seeds import seeds

_TELLING = (0, 1, 2, 3, 4, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF)
_TELLING += (0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_HEAD = 256  # bytes in which most of what matters stands


def broken(form: str, number: int, salt: int = 0) -> bytes:
    """The file of this number, a few steps away from a whole one."""
    rng = random.Random(f"{form}/{number}/{salt}")
    whole = rng.choice(seeds()[form])
    if number % 4 == 0:
        return whole[: rng.randrange(len(whole))]
    data = bytearray(whole)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        rng.choice(_WAYS)(data, rng, form)
        if not data:
            data = bytearray(whole)
    if form == "png" and rng.random() < 0.8:
        mend(data)
    return bytes(data)


def truncations(form: str) -> int:
    """How many there are: of every whole file of a format one for each byte."""
    return sum(map(len, seeds()[form]))


def truncated(form: str, number: int) -> bytes:
    """The truncation of this number, from 0."""
    for whole in seeds()[form]:
        if number < len(whole):
            return whole[:number]
        number -= len(whole)
    raise IndexError(number)


def _place(data: bytearray, rng: random.Random, room: int = 1) -> int:
    end = max(len(data) - room, 0)
    return rng.randint(0, min(end, _HEAD) if rng.random() < 0.6 else end)


def _flip_bits(data: bytearray, rng: random.Random, form: str) -> None:
    for _ in range(rng.randint(1, 8)):
        data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _write_bytes(data: bytearray, rng: random.Random, form: str) -> None:
    start = _place(data, rng)
    for place in range(start, min(start + rng.randint(1, 12), len(data))):
        data[place] = rng.randrange(256)


def _write_number(data: bytearray, rng: random.Random, form: str) -> None:
    """A length, a count, a size: in either byte order."""
    code = rng.choice(("<H", ">H", "<I", ">I"))
    size = struct.calcsize(code)
    if len(data) < size:
        return
    place = _place(data, rng, size)
    value = rng.choice((*_TELLING, len(data), rng.getrandbits(32)))
    if rng.random() < 0.3:
        value = struct.unpack_from(code, data, place)[0] + rng.choice((-1, 1, 8, -8))
    struct.pack_into(code, data, place, value % 2 ** (8 * size))


def _remove(data: bytearray, rng: random.Random, form: str) -> None:
    start = _place(data, rng)
    del data[start : start + rng.randint(1, 64)]


def _double(data: bytearray, rng: random.Random, form: str) -> None:
    start = _place(data, rng)
    piece = data[start : start + rng.randint(1, 200)]
    data[start:start] = piece * rng.choice((1, 1, 2, 20))


def _splice(data: bytearray, rng: random.Random, form: str) -> None:
    """With another file, of this format mostly."""
    other = rng.choice(seeds()[form if rng.random() < 0.8 else rng.choice(list(seeds()))])
    data[_place(data, rng) :] = other[rng.randrange(len(other)) :]


_WAYS: tuple[Callable[[bytearray, random.Random, str], None], ...] = (
    _flip_bits,
    _flip_bits,
    _write_bytes,
    _write_number,
    _write_number,
    _remove,
    _double,
    _splice,
)


def mend(data: bytearray) -> None:
    """Make the checksums of a PNG right again, or nothing behind them is ever looked at."""
    position = 8
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            return
        struct.pack_into(">I", data, end, zlib.crc32(data[position + 4 : end]))
        position = end + 4
