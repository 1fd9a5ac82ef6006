"""Stages of the long way that a picture goes: a filter's step, what a format can hold."""

from __future__ import annotations

import time

from dpip.domain import Timings
from dpip.errors import Unprocessable
from imaging.codecs.gif import has_partial_alpha, needs_fewer_colours
from imaging.codecs.options import DEFAULT_QUALITY, EncodeOptions
from imaging.deadline import Deadline
from imaging.filters.base import Filter
from imaging.formats import FORMATS, Format
from imaging.metadata import Metadata
from imaging.picture import Picture
from imaging.pipeline import Pipeline
from imaging.plugin_filters import by_plugin
from imaging.plugins import plugins
from imaging.scans import written_progressive
from imaging.shaping import in_8_bits, on_white
from imaging.structure import Header
from imaging.transparency import filtered

_TWELVE = 12
_SAMPLING_SAID = frozenset({"jpeg", "avif", "heic"})  # formats whose header tells how colour was stored


class Stopwatch:
    """Seconds by stage: what passed since the last lap goes to the one that is named."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._spent = {"decode": 0.0, "filter": 0.0, "encode": 0.0}

    def lap(self, stage: str) -> None:
        last, self._last = self._last, time.perf_counter()
        self._spent[stage] += self._last - last

    @property
    def timings(self) -> Timings:
        return Timings(**self._spent)


def target_of(header: Header, pipeline: Pipeline) -> Format:
    return FORMATS[header.format if pipeline.output.format == "same" else pipeline.output.format]


def through(pipeline: Pipeline, picture: Picture, deadline: Deadline, notes: list[str]) -> Picture:
    """All filters, one after another."""
    for filter_ in pipeline.filters:
        deadline.check()
        picture = step(filter_, picture, notes)
    deadline.check()
    return picture


def step(filter_: Filter, picture: Picture, notes: list[str]) -> Picture:
    if picture.is_deep and not filter_.takes_16_bit:
        notes.append(f"{filter_.name} works in 8 bits: the picture was reduced from 16")
        picture = in_8_bits(picture)
    maker = plugins().origins.get(filter_.name)
    return filtered(filter_, picture) if maker is None else by_plugin(filter_, picture, maker)


def storable(
    picture: Picture, format_: Format, notes: list[str], *, stored_bits: int = 16, alone: bool = True
) -> Picture:
    """What the format cannot hold is reduced, and noted. `stored_bits` are those of the original's samples;
    frames of an animation are not `alone`."""
    if max(picture.width, picture.height) > format_.max_side:
        raise Unprocessable(
            f"{format_.title} holds at most {format_.max_side:,} pixels to a side, and the result has "
            f"{picture.width:,} x {picture.height:,}: choose another format"
        )
    if picture.is_deep and format_.stores_12_bit and alone:
        if stored_bits > _TWELVE:
            notes.append(f"{format_.title} stores 12 bits: the picture was reduced from 16")
    elif picture.is_deep and not format_.stores_16_bit:
        notes.append(f"{format_.title} stores 8 bits: the picture was reduced from 16")
        picture = in_8_bits(picture)
    if picture.has_alpha and not format_.stores_alpha:
        notes.append(f"{format_.title} stores no transparency: the picture was laid over white")
        picture = on_white(in_8_bits(picture))
    if format_.name == "gif" and has_partial_alpha(picture):
        notes.append("GIF stores pixels that are clear or not: partial transparency was lost")
    if format_.name == "gif" and needs_fewer_colours(picture):
        notes.append("GIF stores 256 colours: the picture was reduced to those, with errors diffused")
    return picture


def options(
    header: Header, pipeline: Pipeline, format_: Format, metadata: Metadata | None = None
) -> EncodeOptions:
    quality = pipeline.output.quality
    same = format_.name == header.format
    lossless = quality is None and same and header.lossless
    if pipeline.output.lossless is not None:
        lossless = pipeline.output.lossless
    subsampled = header.subsampled if same and header.format in _SAMPLING_SAID else True
    return EncodeOptions(
        quality or DEFAULT_QUALITY,
        subsampled=subsampled,
        lossless=lossless,
        progressive=written_progressive(header, pipeline),
        metadata=metadata or Metadata(),
    )
