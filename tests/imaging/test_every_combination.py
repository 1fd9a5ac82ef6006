"""Every filter on every format, and every format into every other, on a photograph."""

from __future__ import annotations

import functools
import io

import cv2
import numpy as np
import pytest

from imaging import FORMATS, Limits, check_complete, parse_pipeline, read_header, run
from imaging.admission import shapes_after
from imaging.filters import FILTERS
from imaging.formats import Several
from tests.imaging.moving import animated
from tests.imaging.samples import Array, filtered, rgb, saved

AVAILABLE = [name for name, format_ in FORMATS.items() if format_.available]
MOVING = [name for name in AVAILABLE if FORMATS[name].several is not Several.NONE]
GUISES = ("gray", "alpha", "deep")
SOURCES = (*AVAILABLE, *(f"{name}-moving" for name in MOVING), *(f"png-{guise}" for guise in GUISES))


@functools.cache
def picture() -> Array:
    return np.ascontiguousarray(rgb(0.02)[20:92, 30:126])


@functools.cache
def source(kind: str) -> bytes:
    form, _, guise = kind.partition("-")
    if guise == "moving":
        frames = [picture(), np.ascontiguousarray(picture()[:, ::-1])]
        return animated(form, frames)
    if guise == "deep":
        return cv2.imencode(".png", picture()[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    pixels = {"gray": picture()[..., 1], "alpha": np.dstack((picture(), picture()[..., 0]))}.get(guise)
    png = saved(picture() if pixels is None else pixels, "png")
    return png if form == "png" else filtered(png, "convert", format=form).data


def checked(data: bytes, form: str, frames: int) -> tuple[int, int]:
    """What came out is a whole file of its format; its size in pixels."""
    stream = io.BytesIO(data)
    header = read_header(stream, len(data), Limits())
    check_complete(stream, len(data), header)
    assert header.format == form
    assert header.frames == frames
    return header.width, header.height


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_on_every_format(name: str) -> None:
    """Frames and pages among them; the size is what was told before any work."""
    example = FILTERS[name].example
    pipeline = parse_pipeline(f"{name}:{example}" if example else name)
    for kind in SOURCES:
        data = source(kind)
        header = read_header(io.BytesIO(data), len(data), Limits())
        result = run(data, pipeline, Limits())
        size = checked(result.data, header.format, header.frames)
        assert size == (result.facts.width, result.facts.height), kind
        [(_, told)] = shapes_after(header, pipeline)
        if name != "trim":  # goes by what is in the picture
            assert size == (told.width, told.height), kind


@pytest.mark.parametrize("target", AVAILABLE)
def test_every_format_into_every_other(target: str) -> None:
    pipeline = parse_pipeline(f"blur:sigma=1|convert:format={target}")
    for kind in SOURCES:
        data = source(kind)
        header = read_header(io.BytesIO(data), len(data), Limits())
        both = FORMATS[header.format].several, FORMATS[target].several
        kept = both in (
            (Several.FRAMES, Several.FRAMES),
            (Several.FRAMES, Several.PAGES),
            (Several.PAGES, Several.PAGES),
        )
        result = run(data, pipeline, Limits())
        size = checked(result.data, target, header.frames if kept else 1)
        assert size == (header.width, header.height), kind
        said = any("is the first of" in note for note in result.notes)
        assert said is (header.frames > 1 and not kept), kind
