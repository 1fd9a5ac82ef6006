"""What a shortcut is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from imaging.filters.base import Filter
from imaging.made import Made
from imaging.pipeline import Pipeline
from imaging.structure import Header
from imaging.turns import composed


class Shortcut(Protocol):
    """What each module of this package offers. Pipelines are without filters that change nothing."""

    def applies(self, header: Header, pipeline: Pipeline) -> bool:
        """Whether this way may be tried: told by the header, before anything is decoded."""

    def make(self, data: bytes, header: Header, pipeline: Pipeline) -> Made | None:
        """None when the picture turns out to be one that this way is not for: it is done the long way
        then, which also finds the words for what is broken."""

    def peak_bytes(self, header: Header, pipeline: Pipeline) -> int:
        """Memory that `make` needs, beside the file."""


_ELSEWHERE = ("format", "keep_metadata", "progressive")  # said, but not of the pixels
_BUT_QUALITY = (*_ELSEWHERE, "quality")


def stays_jpeg(header: Header, pipeline: Pipeline, *, at_any_quality: bool = False) -> bool:
    """A JPEG that is to be one again, with nothing said of how its pixels are to be coded."""
    return (
        header.format == "jpeg"
        and pipeline.output.format in ("same", "jpeg")
        and pipeline.output.is_unsaid(but_for=_BUT_QUALITY if at_any_quality else _ELSEWHERE)
    )


def turned_by(header: Header, filters: Iterable[Filter]) -> int | None:
    """The EXIF orientation that asks for what the picture's own and all filters do together; None when one of
    them does more than turn."""
    turns = [filter_.as_orientation() for filter_ in filters]
    return None if None in turns else composed([header.orientation, *(turn for turn in turns if turn)])
