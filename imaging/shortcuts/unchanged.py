"""A picture that no filter changes, in the format that it has: it is not encoded again.

Its file is written anew around the same encoded pixels, with just the metadata that belongs there. It is
still decoded once, as cheaply as can be, since a broken file is no result.
"""

from __future__ import annotations

import time

from dpip.domain import Timings
from imaging.containers.bare import bare
from imaging.made import Made
from imaging.pipeline import Pipeline
from imaging.shortcuts.base import turned_by
from imaging.structure import UPRIGHT, Colour, Header

PATH = "encoded pixels kept as they were"
_FORMATS = frozenset({"jpeg", "png", "webp"})
_EIGHTH = 8


def applies(header: Header, pipeline: Pipeline) -> bool:
    return (
        header.format in _FORMATS
        and header.frames == 1
        and not header.composed
        and header.plain
        and pipeline.output.format in ("same", header.format)
        and pipeline.output.is_unsaid(but_for=("format", "keep_metadata"))
        and turned_by(header, pipeline.filters) == UPRIGHT
    )


def make(data: bytes, header: Header, pipeline: Pipeline) -> Made | None:  # noqa: ARG001 - all of one signature
    from imaging.codecs import codec_of, opencv  # noqa: PLC0415 - who only asks what applies must not load them

    start = time.perf_counter()
    if header.format == "jpeg":
        pixels = opencv.decode(data, header.title, luma_only=True, smaller=_EIGHTH)
        seen = -(-header.width // _EIGHTH), -(-header.height // _EIGHTH)
        intact = pixels.shape[1::-1] == seen
    else:
        picture = codec_of(header.format).decode(data, header, luma_only=False)
        intact = (picture.width, picture.height) == (header.width, header.height)
    decoded = time.perf_counter()
    encoded = bare(data, header.format) if intact else None
    if encoded is None:
        return None
    timings = Timings(decode=decoded - start, filter=0.0, encode=time.perf_counter() - decoded)
    gray = header.colour is Colour.GRAY
    return Made(encoded, header.format, header.width, header.height, gray, timings, PATH)


def peak_bytes(header: Header, pipeline: Pipeline) -> int:  # noqa: ARG001 - all of one signature
    """The file's copies, and the pixels of the looking through."""
    pixels = header.width * header.height
    looked_through = pixels // _EIGHTH**2
    if header.format == "jpeg" and header.progressive:
        looked_through += int(2 * pixels * (3.0 if header.colour is Colour.RGB else 1.0))
    if header.format != "jpeg":
        looked_through = pixels * header.channels * (header.bit_depth + 7) // 8
    return looked_through + 2 * header.size_bytes
