"""Real test pictures: photographs and frames of any size. See `benchmarks.corpus`, where they are made."""

from __future__ import annotations

import zlib
from pathlib import Path

from benchmarks.corpus import (
    Picture,
    encode,
    frame_number,
    frame_pixels,
    frames,
    photograph,
    photographs,
    sources,
)

__all__ = [
    "Picture",
    "broken_png",
    "encode",
    "frame_number",
    "frame_pixels",
    "frames",
    "photograph",
    "photographs",
    "sources",
]


def broken_png(file: Path) -> Path:
    """A PNG that is whole, but whose pixels are no zlib stream."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (64).to_bytes(4, "big") + (64).to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", b"no stream at all" * 40), chunk(b"IEND", b"")]
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return file
