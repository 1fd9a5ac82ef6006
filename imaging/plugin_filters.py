"""Filters of plug-ins at work: what one raises, or makes wrong, is told as its failure, with its name.

It is neither the picture's nor ours, and another attempt on another worker would end the same.
"""

from __future__ import annotations

from typing import cast

from dpip.errors import Refused, Unprocessable
from imaging.filters.base import Filter
from imaging.lazy import cv2, np
from imaging.picture import GRAY_WITH_ALPHA, Picture, Pixels
from imaging.shape import Shape
from imaging.transparency import filtered

_DIMENSIONS = (2, 3)


class _WrongResult(Exception):
    """What a filter gave back is not what `Filter.apply` promises."""


class _Watched:
    """A filter whose results are looked at before anything is done with them."""

    def __init__(self, filter_: Filter) -> None:
        self._filter, self.traits = filter_, filter_.traits

    def apply(self, pixels: Pixels) -> Pixels:
        found = self._filter.apply(pixels)
        if not isinstance(found, np.ndarray) or found.ndim not in _DIMENSIONS:
            raise _WrongResult("it made something that is no picture")
        if found.dtype != pixels.dtype:
            raise _WrongResult(f"of {pixels.dtype} it made {found.dtype}")
        said = self._filter.shape_after(_shape(pixels))
        height, width = found.shape[:2]
        if not (0 < width <= said.width and 0 < height <= said.height):
            raise _WrongResult(
                f"it made {width:,} x {height:,} pixels, and said that it makes "
                f"{said.width:,} x {said.height:,}"
            )
        return found


def _shape(pixels: Pixels) -> Shape:
    picture = Picture(pixels)
    colours = picture.channels - picture.has_alpha if picture.channels >= GRAY_WITH_ALPHA else 1
    return Shape(picture.width, picture.height, colours, pixels.itemsize, picture.has_alpha)


def by_plugin(filter_: Filter, picture: Picture, maker: str) -> Picture:
    """The picture filtered. `maker`: the package that the filter comes from. Raises `Unprocessable`."""
    try:
        return filtered(cast(Filter, _Watched(filter_)), picture)
    except (Refused, MemoryError):
        raise
    except (Exception, SystemExit) as error:  # whatever a stranger's code raises
        if isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem:
            raise
        trouble = str(error) if isinstance(error, _WrongResult) else f"{type(error).__name__}: {error}"
        raise Unprocessable(
            f"the filter {filter_.name} of {maker} fails on a picture of {picture.width:,} x "
            f"{picture.height:,} pixels ({trouble.strip()[:300]}); tell who made it, or use another"
        ) from error
