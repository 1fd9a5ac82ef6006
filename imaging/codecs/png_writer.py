"""A PNG encoder in NumPy and deflate (all of which release the GIL).

It works through some rows at a time, which stay in the processor's cache: in the order that PNG wants, less
what their neighbours predict, packed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

from imaging import deflate
from imaging.containers.png import SIGNATURE, chunk_bytes
from imaging.lazy import cv2, np
from imaging.picture import Pixels

_BLOCK_BYTES = 1 << 18
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels: gray, gray with alpha, RGB, RGBA


class Filter(IntEnum):
    """What is stored of a byte, by its number in PNG."""

    NONE = 0  # itself
    LEFT = 1  # what it is more than the one to the left
    ABOVE = 2  # than the one above
    MEAN = 3  # than the mean of both


def written(pixels: Pixels, filter_: Filter) -> bytes:
    """Height x width, or height x width x channels (in OpenCV's order), uint8 or uint16."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]  # noqa: PLR2004
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, _COLOUR_TYPES[channels], 0, 0, 0)
    packer = deflate.packer()
    packed = [packer.compress(block) for block in _filtered_rows(pixels, filter_)]
    packed.append(packer.flush())
    pieces = [SIGNATURE, chunk_bytes(b"IHDR", header)]
    pieces += _pixel_chunk(packed)
    pieces.append(chunk_bytes(b"IEND", b""))
    return b"".join(pieces)


def packed_size(pixels: Pixels, filter_: Filter) -> int:
    """Bytes that the rows come to."""
    packer = deflate.packer()
    size = sum(len(packer.compress(block)) for block in _filtered_rows(pixels, filter_))
    return size + len(packer.flush())


def _pixel_chunk(packed: list[bytes]) -> list[bytes]:
    kind, checksum = b"IDAT", deflate.crc32(b"IDAT")
    for piece in packed:
        checksum = deflate.crc32(piece, checksum)
    return [struct.pack(">I", sum(map(len, packed))), kind, *packed, struct.pack(">I", checksum)]


def _filtered_rows(pixels: Pixels, filter_: Filter) -> Iterator[Pixels]:
    """Some rows each, with the filter's number in front of every one. Only good until the next."""
    height, width = pixels.shape[:2]
    step = pixels.itemsize * (1 if pixels.ndim == 2 else pixels.shape[2])  # noqa: PLR2004
    length = width * step
    count = max(1, min(height, _BLOCK_BYTES // length))
    framed = np.zeros((count + 1, step + length), np.uint8)  # with the row above, and zeros to the left
    rows = framed[1:, step:]
    found = np.empty((count, 1 + length), np.uint8)
    found[:, 0] = filter_
    scratch = np.empty((count, length), np.uint8)
    for start in range(0, height, count):
        block = _as_png_orders(pixels[start : start + count]).view(np.uint8).reshape(-1, length)
        size = len(block)
        rows[:size] = block
        _subtract_prediction(framed[: size + 1], step, filter_, found[:size, 1:], scratch[:size])
        yield found[:size]
        framed[0] = framed[size]


def _as_png_orders(pixels: Pixels) -> Pixels:
    """Red first, and the high byte first."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]  # noqa: PLR2004
    if channels == 3:  # noqa: PLR2004
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    elif channels == 4:  # noqa: PLR2004
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA)
    if pixels.itemsize > 1:
        pixels = pixels.astype(pixels.dtype.newbyteorder(">"))
    return np.ascontiguousarray(pixels)


def _subtract_prediction(framed: Pixels, step: int, filter_: Filter, found: Pixels, scratch: Pixels) -> None:
    rows, left, above = framed[1:, step:], framed[1:, :-step], framed[:-1, step:]
    if filter_ is Filter.NONE:
        found[:] = rows
    elif filter_ is Filter.LEFT:
        np.subtract(rows, left, out=found)
    elif filter_ is Filter.ABOVE:
        np.subtract(rows, above, out=found)
    else:  # the mean, rounded down, without leaving the byte: what both have, and half of what one has
        np.bitwise_xor(left, above, out=scratch)
        np.right_shift(scratch, 1, out=scratch)
        np.bitwise_and(left, above, out=found)
        np.add(found, scratch, out=found)
        np.subtract(rows, found, out=found)
