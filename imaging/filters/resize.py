"""Another size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import MAX_SIDE, Gravity, Size, placed, scaled
from imaging.resampling import Kernel, resized, resized_scratch_bytes
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels

_PIXELS: JsonDict = {"unit": "pixels"}


class Resize(Filter):
    """Each pixel of the result is a weighted mean of those around its place: Lanczos, sinc(x) sinc(x/3) for
    |x| < 3, or the mean of the area that it covers. By default (auto) Lanczos where the picture shrinks to
    more than a half, area where it shrinks to more than a quarter, and from there on Lanczos on the means of
    blocks that leave it at least another half to do. With linear_light the mean is one of amounts of light
    (levels through the sRGB transfer function and back), as an eye or a camera would mix them, else one of
    the stored levels.

    fit: as large as width x height allow, nothing cut. shrink: the same, but never larger than it was.
    fill: width x height exactly, what protrudes is cut. exact: width x height exactly, distorted. Where only
    one of both is said, the other follows from the picture's proportions.
    """

    name: ClassVar[str] = "resize"
    summary: ClassVar[str] = "another size: fit into, fill, or exactly width x height; or only smaller"
    example: ClassVar[str] = "width=120,height=120"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN, channelwise=True)

    width: int | None = Field(None, ge=1, le=MAX_SIDE, description="of the result", json_schema_extra=_PIXELS)
    height: int | None = Field(
        None, ge=1, le=MAX_SIDE, description="of the result", json_schema_extra=_PIXELS
    )
    mode: Literal["fit", "fill", "exact", "shrink"] = Field(
        "fit", description="shrink: as fit, but a small picture stays as it is"
    )
    gravity: Gravity = Field("center", description="fill: the part that stays")
    kernel: Kernel = Field("auto", description="how pixels are mixed")
    linear_light: bool = Field(False, description="mix amounts of light instead of stored levels")

    @model_validator(mode="after")
    def _some_size(self) -> Self:
        if self.width is None and self.height is None:
            raise ValueError("say width, height, or both, as in resize:width=1600")
        return self

    def apply(self, pixels: Pixels) -> Pixels:
        outer = self._scaled(Size(pixels.shape[1], pixels.shape[0]))
        inner = self._size(Size(pixels.shape[1], pixels.shape[0]))
        found = resized(pixels, outer, self.kernel, linear_light=self.linear_light)
        x, y = placed(outer, inner, self.gravity)
        return found[y : y + inner.height, x : x + inner.width]

    def shape_after(self, shape: Shape) -> Shape:
        size = self._size(Size(shape.width, shape.height))
        return replace(shape, width=size.width, height=size.height)

    def scratch_bytes(self, shape: Shape) -> int:
        size = self._scaled(Size(shape.width, shape.height))
        return resized_scratch_bytes(shape, size, self.kernel, linear_light=self.linear_light)

    def _factors(self, before: Size) -> tuple[float, float]:
        across = self.width / before.width if self.width else None
        down = self.height / before.height if self.height else None
        return across or down or 1.0, down or across or 1.0

    def _scaled(self, before: Size) -> Size:
        """The whole picture, before anything protruding is cut."""
        across, down = self._factors(before)
        if self.mode == "exact":
            return Size(
                self.width or scaled(before, down).width, self.height or scaled(before, across).height
            )
        factor = max(across, down) if self.mode == "fill" else min(across, down)
        if self.mode == "shrink":
            factor = min(factor, 1.0)
        return scaled(before, factor)

    def _size(self, before: Size) -> Size:
        whole = self._scaled(before)
        if self.mode != "fill":
            return whole
        return Size(
            min(self.width or whole.width, whole.width), min(self.height or whole.height, whole.height)
        )

    def leaves_alone(self, shape: Shape) -> bool:
        return self.shape_after(shape) == shape
