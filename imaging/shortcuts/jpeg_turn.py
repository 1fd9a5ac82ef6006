"""A JPEG turned or mirrored, or put into other scans: its blocks change places, and nothing is lost.

Where an edge of the picture lies within a block, the blocks cannot change places: then it is decoded.
"""

from __future__ import annotations

import time

from dpip.domain import Timings
from imaging import turbo
from imaging.made import Made
from imaging.pipeline import Pipeline
from imaging.scans import written_progressive
from imaging.shortcuts.base import stays_jpeg, turned_by
from imaging.structure import UPRIGHT, Colour, Header
from imaging.turbo import Operation
from imaging.turns import swaps_sides

PATH = "JPEG: blocks put in their new places, without loss"
_OPERATIONS = {
    1: Operation.NONE,
    2: Operation.FLIP_LEFT_RIGHT,
    3: Operation.HALF_TURN,
    4: Operation.FLIP_UP_DOWN,
    5: Operation.TRANSPOSE,
    6: Operation.CLOCKWISE,
    7: Operation.TRANSVERSE,
    8: Operation.COUNTERCLOCKWISE,
}
_COEFFICIENT_BYTES = 2
_RESULT_BYTES_PER_PIXEL = 0.35  # twice, see `turned`


def applies(header: Header, pipeline: Pipeline) -> bool:
    orientation = turned_by(header, pipeline.filters)
    return (
        stays_jpeg(header, pipeline)
        and header.colour is not Colour.CMYK
        and orientation is not None
        and (orientation != UPRIGHT or pipeline.output.progressive is not None)
        and turbo.available()
    )


def make(data: bytes, header: Header, pipeline: Pipeline) -> Made | None:
    orientation = turned_by(header, pipeline.filters)
    gray = header.colour is Colour.GRAY
    if orientation is None:
        return None
    progressive = written_progressive(header, pipeline)
    return turned(data, header, orientation, gray=gray, progressive=progressive, path=PATH)


def turned(
    data: bytes, header: Header, orientation: int, *, gray: bool, progressive: bool, path: str
) -> Made | None:
    """Upright, as `orientation` says how; `gray`: without colour."""
    start = time.perf_counter()
    encoded = turbo.transformed(data, _OPERATIONS[orientation], gray=gray, progressive=progressive)
    if encoded is None:
        return None
    width, height = header.width, header.height
    if swaps_sides(orientation):
        width, height = height, width
    timings = Timings(decode=0.0, filter=time.perf_counter() - start, encode=0.0)
    return Made(encoded, "jpeg", width, height, gray, timings, path)


def peak_bytes(header: Header, pipeline: Pipeline) -> int:
    return peak_bytes_turned(header, turned_by(header, pipeline.filters))


def peak_bytes_turned(header: Header, orientation: int | None) -> int:
    """All coefficients, of colour too, and again those that are turned; the result, and its copy."""
    samples = 1.0 if header.colour is Colour.GRAY else 1.5 if header.subsampled else 3.0
    copies = 1 if orientation == UPRIGHT else 2
    coefficients = _COEFFICIENT_BYTES * samples * copies
    return int(header.width * header.height * (coefficients + 2 * _RESULT_BYTES_PER_PIXEL))
