"""A given extent, whatever the picture's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from imaging import canvas
from imaging.colour import CssColour
from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import MAX_SIDE, Aspect, Gravity, Size, of_aspect, placed, ratio
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels

_PIXELS: JsonDict = {"unit": "pixels"}


class Canvas(Filter):
    """The picture keeps its scale. Where the canvas is larger it is filled with a colour, where it is smaller
    the picture is cut; gravity says where the picture stands. With an aspect, the canvas is the smallest of
    this ratio around the picture.
    """

    name: ClassVar[str] = "canvas"
    summary: ClassVar[str] = "laid on a ground of a given size or aspect"
    example: ClassVar[str] = "aspect=1:1,colour=#336699"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN)

    width: int | None = Field(
        None, ge=1, le=MAX_SIDE, description="not said: the picture's", json_schema_extra=_PIXELS
    )
    height: int | None = Field(
        None, ge=1, le=MAX_SIDE, description="not said: the picture's", json_schema_extra=_PIXELS
    )
    aspect: Aspect | None = Field(None, description="width:height, instead of a size")
    gravity: Gravity = Field("center", description="where the picture stands")
    colour: CssColour = Field("#ffffff", description="of the ground; it may be transparent")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        sized = self.width is not None or self.height is not None
        if sized == (self.aspect is not None):
            raise ValueError("say width, height or both; or an aspect, as in canvas:aspect=1:1")
        return self

    def apply(self, pixels: Pixels) -> Pixels:
        before = Size(pixels.shape[1], pixels.shape[0])
        size = self._size(before)
        x, y = placed(size, before, self.gravity)
        return canvas.on_ground(pixels, size, x, y, self.colour)

    def shape_after(self, shape: Shape) -> Shape:
        size = self._size(Size(shape.width, shape.height))
        alpha = shape.has_alpha or canvas.is_see_through(self.colour)
        return replace(shape, width=size.width, height=size.height, has_alpha=alpha)

    def _size(self, before: Size) -> Size:
        if self.aspect is not None:
            return of_aspect(before, ratio(self.aspect), around=True)
        return Size(self.width or before.width, self.height or before.height)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.shape_after(shape) == shape
