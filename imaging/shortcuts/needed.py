"""A pipeline without the filters that have nothing to do on a given picture."""

from __future__ import annotations

from dataclasses import replace

from imaging.filters.base import Filter
from imaging.pipeline import Pipeline
from imaging.shape import Shape
from imaging.structure import UPRIGHT, Colour, Header


def needed(header: Header, pipeline: Pipeline) -> Pipeline:
    """`resize:width=1600,mode=shrink|grayscale` is but `grayscale` for a picture of 1,000 pixels."""
    shape = Shape(
        header.oriented_width,
        header.oriented_height,
        1 if header.colour is Colour.GRAY else 3,
        2 if header.is_deep else 1,
        header.has_alpha,
    )
    kept: list[Filter] = []
    for filter_ in pipeline.filters:
        if filter_.as_orientation() != UPRIGHT and not filter_.leaves_alone(shape):
            kept.append(filter_)
            shape = filter_.shape_after(shape)
    return replace(pipeline, filters=tuple(kept))
