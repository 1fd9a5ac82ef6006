"""Real test pictures: photographs and frames of any size. See `benchmarks.corpus`, where they are made."""

from __future__ import annotations

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
    "encode",
    "frame_number",
    "frame_pixels",
    "frames",
    "photograph",
    "photographs",
    "sources",
]
