"""Quicker ways to the same result, one per file: tried before a picture is decoded, filtered and encoded."""

from __future__ import annotations

from imaging.made import Made
from imaging.pipeline import Pipeline
from imaging.shortcuts import jpeg_gray, jpeg_planes, jpeg_turn, unchanged
from imaging.shortcuts.base import Shortcut
from imaging.shortcuts.needed import needed
from imaging.structure import Header

_LOSSLESS: tuple[Shortcut, ...] = (unchanged, jpeg_turn, jpeg_gray)  # they decode no pixel
_ALL: tuple[Shortcut, ...] = (*_LOSSLESS, jpeg_planes)


def attempt(data: bytes, header: Header, pipeline: Pipeline, *, lossless_only: bool = False) -> Made | None:
    """The result of the first way that can be gone; None when there is only the long one."""
    pipeline = needed(header, pipeline)
    for shortcut in _LOSSLESS if lossless_only else _ALL:
        if shortcut.applies(header, pipeline):
            made = shortcut.make(data, header, pipeline)
            if made is not None:
                return made
    return None


def peak_bytes(header: Header, pipeline: Pipeline, *, lossless_only: bool = False) -> int | None:
    """Memory that the first way needs that may be tried, beside the file; None when there is only the long
    one."""
    pipeline = needed(header, pipeline)
    for shortcut in _LOSSLESS if lossless_only else _ALL:
        if shortcut.applies(header, pipeline):
            return shortcut.peak_bytes(header, pipeline)
    return None
