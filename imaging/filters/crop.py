"""A part of the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from dpip.errors import Unprocessable
from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import Aspect, Length, Size, of_aspect, ratio
from imaging.geometry import pixels as in_pixels
from imaging.saliency import CONTENT, SCRATCH_BYTES, Placing, place
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Crop(Filter):
    """Pixels are cut away, and none is changed.

    A box: width x height from (x, y) on, or where gravity puts it; what stands over the picture's edge is
    left out. Or an aspect: the largest box of this ratio, where gravity puts it. entropy puts the box where
    the luma levels around each pixel have the largest entropy, -sum p log2 p; attention where there is most
    detail (Laplacian), saturated colour, and skin.
    """

    name: ClassVar[str] = "crop"
    summary: ClassVar[str] = "a part of the picture: a box, or an aspect by gravity or content"
    example: ClassVar[str] = "aspect=1:1,gravity=attention"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN, keeps_alike=True)

    x: Length | None = Field(None, description="left edge of the box")
    y: Length | None = Field(None, description="upper edge of the box")
    width: Length = Field("100%", description="of the box")
    height: Length = Field("100%", description="of the box")
    aspect: Aspect | None = Field(None, description="width:height, instead of a box")
    gravity: Placing = Field("center", description="where the box stands, when x and y are not said")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.aspect is not None and (self.x or self.y or (self.width, self.height) != ("100%", "100%")):
            raise ValueError("say a box (x, y, width, height) or an aspect, not both")
        if (self.x is None) != (self.y is None):
            raise ValueError("say both x and y, or neither: then gravity puts the box")
        return self

    def apply(self, pixels: Pixels) -> Pixels:
        whole = Size(pixels.shape[1], pixels.shape[0])
        size = self._size(whole)
        if self.x is not None and self.y is not None:
            x, y = in_pixels(self.x, whole.width), in_pixels(self.y, whole.height)
        else:
            x, y = place(pixels, size, self.gravity)
        return pixels[y : y + size.height, x : x + size.width].copy()

    def shape_after(self, shape: Shape) -> Shape:
        size = self._size(Size(shape.width, shape.height))
        return replace(shape, width=size.width, height=size.height)

    def scratch_bytes(self, shape: Shape) -> int:  # noqa: ARG002
        return SCRATCH_BYTES if self.gravity in CONTENT else 0

    def _size(self, whole: Size) -> Size:
        if self.aspect is not None:
            return of_aspect(whole, ratio(self.aspect))
        x, y = in_pixels(self.x or "0", whole.width), in_pixels(self.y or "0", whole.height)
        size = Size(
            min(in_pixels(self.width, whole.width), whole.width - x),
            min(in_pixels(self.height, whole.height), whole.height - y),
        )
        if min(size) < 1:
            raise Unprocessable(
                f"crop would leave nothing: a box of {self.width} x {self.height} at ({x}, {y}), in a "
                f"picture of {whole.width:,} x {whole.height:,} pixels"
            )
        return size

    def leaves_alone(self, shape: Shape) -> bool:
        return self.shape_after(shape) == shape
