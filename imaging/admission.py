"""What a pipeline would make of a picture, checked before any work is done."""

from __future__ import annotations

from collections.abc import Iterator

from dpip.errors import Unprocessable
from imaging.formats import FORMATS
from imaging.limits import Limits
from imaging.pipeline import Pipeline
from imaging.shape import Shape
from imaging.shortcuts import shrink_on_load
from imaging.structure import Colour, Header


def decoded_shape(header: Header, pipeline: Pipeline) -> Shape:
    """What the first filter is given: upright, luma alone or decoded smaller where no more is asked for."""
    luma = bool(pipeline.filters) and pipeline.filters[0].traits.luma_only and header.format == "jpeg"
    gray = header.colour is Colour.GRAY or (luma and header.plain)
    smaller = shrink_on_load.factor(header, pipeline)
    width, height = -(-header.oriented_width // smaller), -(-header.oriented_height // smaller)
    return Shape(width, height, 1 if gray else 3, 2 if header.is_deep else 1, header.has_alpha)


def shapes_after(header: Header, pipeline: Pipeline) -> Iterator[tuple[str, Shape]]:
    """The name of each filter, and the shape of what comes out of it. Raises `Unprocessable` when one cannot
    be used on a picture of this size."""
    shape = decoded_shape(header, pipeline)
    for filter_ in pipeline.filters:
        shape = filter_.shape_after(shape)
        yield filter_.name, shape


def check_output(header: Header, pipeline: Pipeline, limits: Limits) -> None:
    """Raises `TooLarge` when a filter would make too large a picture, and `Unprocessable` when one cannot
    be used on a picture of this size; `Malformed` for a pipeline that is too long."""
    limits.check_steps(pipeline.length)
    target = FORMATS[header.format if pipeline.output.format == "same" else pipeline.output.format]
    if not target.available:
        raise Unprocessable(
            f"{target.title} is not written here: the extra {target.name!r} of DPIP is not installed"
        )
    for name, shape in shapes_after(header, pipeline):
        limits.check_output(shape.width, shape.height, name, header.frames)
