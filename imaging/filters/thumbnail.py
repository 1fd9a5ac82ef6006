"""A small copy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import Size, of_aspect, scaled
from imaging.resampling import resized, resized_scratch_bytes
from imaging.saliency import CONTENT, SCRATCH_BYTES, Placing, place
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Thumbnail(Filter):
    """As `resize` has it. fit: neither side is longer than size; a small picture stays as it is. crop: a
    square of size x size; of an oblong picture the part that gravity chooses, as `crop` has it.
    """

    name: ClassVar[str] = "thumbnail"
    summary: ClassVar[str] = "a small copy: within a square of size pixels, or cut to one"
    example: ClassVar[str] = "size=96,mode=crop,gravity=attention"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN)

    size: int = Field(
        256, ge=1, le=4096, description="of the longer side", json_schema_extra={"unit": "pixels"}
    )
    mode: Literal["fit", "crop"] = Field("fit", description="what becomes of oblong pictures")
    gravity: Placing = Field("center", description="crop: the part that stays")

    def apply(self, pixels: Pixels) -> Pixels:
        whole = Size(pixels.shape[1], pixels.shape[0])
        if self.mode == "crop":
            part = of_aspect(whole, 1.0)
            x, y = place(pixels, part, self.gravity)
            pixels = pixels[y : y + part.height, x : x + part.width]
        return resized(pixels, self._size(whole))

    def shape_after(self, shape: Shape) -> Shape:
        size = self._size(Size(shape.width, shape.height))
        return replace(shape, width=size.width, height=size.height)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.shape_after(shape) == shape

    def scratch_bytes(self, shape: Shape) -> int:
        whole = Size(shape.width, shape.height)
        part = of_aspect(whole, 1.0) if self.mode == "crop" else whole
        used = replace(shape, width=part.width, height=part.height)
        searched = SCRATCH_BYTES if self.mode == "crop" and self.gravity in CONTENT else 0
        return max(searched, resized_scratch_bytes(used, self._size(whole), "auto"))

    def _size(self, whole: Size) -> Size:
        if self.mode == "crop":
            return Size(self.size, self.size)
        return scaled(whole, min(1.0, self.size / max(whole)))
