"""A frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging import canvas
from imaging.colour import CssColour
from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import Length, Size
from imaging.geometry import pixels as in_pixels
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Border(Filter):
    """Equally wide on all sides: around the picture, which then is larger, or over its outermost pixels."""

    name: ClassVar[str] = "border"
    summary: ClassVar[str] = "a frame of one colour, around the picture or over its edges"
    example: ClassVar[str] = "thickness=6%,colour=#203040"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN)

    thickness: Length = Field("4%", description="of each side; a share of the picture's shorter side")
    colour: CssColour = Field("#000000", description="it may be transparent")
    inside: bool = Field(False, description="over the picture's edges: the size stays")

    def apply(self, pixels: Pixels) -> Pixels:
        before = Size(pixels.shape[1], pixels.shape[0])
        width = self._width(before)
        if not self.inside:
            return canvas.on_ground(pixels, self._size(before), width, width, self.colour)
        inner = pixels[width : before.height - width, width : before.width - width]
        return canvas.on_ground(inner, before, width, width, self.colour)

    def shape_after(self, shape: Shape) -> Shape:
        size = self._size(Size(shape.width, shape.height))
        alpha = shape.has_alpha or canvas.is_see_through(self.colour)
        return replace(shape, width=size.width, height=size.height, has_alpha=alpha)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.shape_after(shape) == shape and not self._width(Size(shape.width, shape.height))

    def _width(self, before: Size) -> int:
        shorter = min(before)
        width = in_pixels(self.thickness, shorter)
        return min(width, (shorter - 1) // 2) if self.inside else width

    def _size(self, before: Size) -> Size:
        width = 0 if self.inside else self._width(before)
        return Size(before.width + 2 * width, before.height + 2 * width)
