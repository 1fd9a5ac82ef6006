"""A PNG encoder for gray pictures with alpha, in NumPy and zlib (both release the GIL)."""

from __future__ import annotations

import struct
import zlib

from imaging.containers.png import SIGNATURE, chunk_bytes
from imaging.lazy import np
from imaging.picture import Pixels

_GRAY_ALPHA = 4
_UP = 2  # each byte less the byte above it
_LEVEL = 1


def gray_with_alpha(pixels: Pixels) -> bytes:
    """Height x width x 2, uint8 or uint16."""
    height, width = pixels.shape[:2]
    depth = 8 * pixels.itemsize
    rows = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">"), copy=False))
    rows = rows.view(np.uint8).reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    packer = zlib.compressobj(_LEVEL, strategy=zlib.Z_RLE)
    packed = packer.compress(filtered.data) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, _GRAY_ALPHA, 0, 0, 0)
    return b"".join(
        (
            SIGNATURE,
            chunk_bytes(b"IHDR", header),
            chunk_bytes(b"IDAT", packed),
            chunk_bytes(b"IEND", b""),
        )
    )
