"""Room around the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from pydantic.config import JsonDict

from imaging import canvas
from imaging.colour import CssColour
from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import Size
from imaging.lazy import cv2
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels

_MOST = 10_000
_PIXELS: JsonDict = {"unit": "pixels"}


class Pad(Filter):
    """The picture is not changed; the room is of one colour, or goes on as the outermost pixels do (edge), or
    as the picture mirrored about them (mirror).
    """

    name: ClassVar[str] = "pad"
    summary: ClassVar[str] = "room added on each side"
    example: ClassVar[str] = "left=30,right=30,fill=mirror"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN)

    left: int = Field(0, ge=0, le=_MOST, description="room to the left", json_schema_extra=_PIXELS)
    right: int = Field(0, ge=0, le=_MOST, description="room to the right", json_schema_extra=_PIXELS)
    top: int = Field(0, ge=0, le=_MOST, description="room above", json_schema_extra=_PIXELS)
    bottom: int = Field(0, ge=0, le=_MOST, description="room below", json_schema_extra=_PIXELS)
    fill: Literal["colour", "edge", "mirror"] = Field("colour", description="what the room is filled with")
    colour: CssColour = Field("#ffffff", description="it may be transparent")

    def apply(self, pixels: Pixels) -> Pixels:
        if self.fill == "colour":
            size = self._size(Size(pixels.shape[1], pixels.shape[0]))
            return canvas.on_ground(pixels, size, self.left, self.top, self.colour)
        border = cv2.BORDER_REPLICATE if self.fill == "edge" else cv2.BORDER_REFLECT_101
        return cv2.copyMakeBorder(pixels, self.top, self.bottom, self.left, self.right, border)

    def shape_after(self, shape: Shape) -> Shape:
        size = self._size(Size(shape.width, shape.height))
        alpha = shape.has_alpha or (self.fill == "colour" and canvas.is_see_through(self.colour))
        return replace(shape, width=size.width, height=size.height, has_alpha=alpha)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.shape_after(shape) == shape

    def _size(self, before: Size) -> Size:
        return Size(before.width + self.left + self.right, before.height + self.top + self.bottom)
