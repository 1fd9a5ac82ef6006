"""Memory of animations and files of several pages: a few pictures at a time, the results of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imaging.formats import FORMATS, Several
from imaging.pipeline import Pipeline
from imaging.shape import Shape
from imaging.structure import Header

# bytes per pixel of a photograph that moves as a whole; what is still costs less, in either file
_TYPICAL = {"gif": 0.8, "png": 1.6, "webp": 0.35, "avif": 0.2, "tiff": 2.0}
_LOSSLESS_WEBP = 2.0
_PART_COPIES, _CANVASES = 3.0, 1.5
_AVIF_ENCODER, _AVIF_LAG, _AVIF_LOOKS_AHEAD = 42.0, 2.0, 22  # bytes per pixel, more for each frame, frames

_AVIF_REFERENCES = 8 * 1.5  # bytes per pixel: AV1's decoder keeps eight frames (section 7.20), mostly 4:2:0

Picture = Callable[[Header, Pipeline], int]


def estimate(header: Header, pipeline: Pipeline, target: str, one: Picture, results: list[Shape]) -> int:
    """Beside the file. `one` tells of a single picture, beside its file; `results` are the shapes of what
    comes out of each."""
    if header.pages:
        return _pages(header, pipeline, one, results)
    part = header.size_bytes // header.frames
    frame = replace(header, frames=1, composed=False, size_bytes=part)
    result = results[0]
    stored = result.size_bytes + result.alpha_bytes
    canvas = header.width * header.height * header.channels * (2 if header.is_deep else 1)
    encoded = _encoded(header, target, result)
    beside = int(_PART_COPIES * part + _CANVASES * canvas) + stored  # and the frame before
    if header.format == "avif":
        beside += int(_AVIF_REFERENCES * header.width * header.height)
    if target == "avif":
        held = _AVIF_ENCODER + _AVIF_LAG * min(header.frames, _AVIF_LOOKS_AHEAD)
        return int(max(one(frame, pipeline), result.pixels * held + canvas) + beside)
    return max(one(frame, pipeline) + beside + encoded, 2 * encoded)


def _encoded(header: Header, target: str, result: Shape) -> int:
    """Of all frames: as much less than usual as the original is, but not quite."""
    whole = header.total_pixels * _typical(header, header.format)
    moving = min(1.0, header.size_bytes / whole) ** 0.5
    if FORMATS[target].several is Several.PAGES:
        moving = 1.0  # each page is whole
    return int(header.frames * result.pixels * _typical(header, target) * moving * result.channels / 3)


def _typical(header: Header, target: str) -> float:
    lossless = target == header.format == "webp" and header.lossless
    return _LOSSLESS_WEBP if lossless else _TYPICAL[target]


def _pages(header: Header, pipeline: Pipeline, one: Picture, results: list[Shape]) -> int:
    """A copy of the file, with each page in front in turn."""
    singles = (replace(page, size_bytes=0) for page in header.pages)
    at_work = max(one(page, pipeline) for page in singles)
    encoded = sum(int((result.size_bytes + result.alpha_bytes) * _TYPICAL["tiff"] / 3) for result in results)
    return max(header.size_bytes + at_work + encoded, 2 * encoded)
