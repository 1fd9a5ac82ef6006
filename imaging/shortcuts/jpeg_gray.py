"""Grayscale of a JPEG: its colour is dropped, and the light stays as it is, coefficient by coefficient.

Without loss, and in two thirds of the time of decoding luma alone and encoding it anew.
"""

from __future__ import annotations

from imaging import turbo
from imaging.filters.grayscale import Grayscale
from imaging.made import Made
from imaging.pipeline import Pipeline
from imaging.scans import written_progressive
from imaging.shortcuts import jpeg_turn
from imaging.shortcuts.base import stays_jpeg, turned_by
from imaging.structure import Colour, Header

PATH = "JPEG: colour dropped, luma kept coefficient by coefficient"


def applies(header: Header, pipeline: Pipeline) -> bool:
    return (
        stays_jpeg(header, pipeline)
        and header.colour is Colour.RGB
        and any(type(filter_) is Grayscale for filter_ in pipeline.filters)
        and _orientation(header, pipeline) is not None
        and turbo.available()
    )


def _orientation(header: Header, pipeline: Pipeline) -> int | None:
    """What all other filters do together; None when one of them does more than turn."""
    return turned_by(header, (filter_ for filter_ in pipeline.filters if type(filter_) is not Grayscale))


def make(data: bytes, header: Header, pipeline: Pipeline) -> Made | None:
    orientation = _orientation(header, pipeline)
    if orientation is None:
        return None
    progressive = written_progressive(header, pipeline)
    return jpeg_turn.turned(data, header, orientation, gray=True, progressive=progressive, path=PATH)


def peak_bytes(header: Header, pipeline: Pipeline) -> int:
    return jpeg_turn.peak_bytes_turned(header, _orientation(header, pipeline))
