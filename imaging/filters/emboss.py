"""Emboss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.directions import towards
from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.luma import luma_of, luma_scratch_bytes
from imaging.shape import Shape
from imaging.tables import top_of

if TYPE_CHECKING:
    from imaging.picture import Pixels


_ACROSS = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))  # Sobel's kernel: 8 times the slope to the right
_SOBEL_GAIN = 8


class Emboss(Filter):
    """A relief of luma under light from one side: middle gray where it is even, lighter on slopes that face
    the light, 0.5 + depth * slope, the slope being taken by Sobel's 3 x 3 kernels. One channel."""

    name: ClassVar[str] = "emboss"
    summary: ClassVar[str] = "a gray relief under light from one side"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, luma_only=True)

    depth: float = Field(
        4.0,
        ge=0.1,
        le=50.0,
        description="how high the relief is: times the slope per pixel",
        json_schema_extra={"unit": "times"},
    )
    angle: float = Field(
        135.0,
        ge=-360.0,
        le=360.0,
        description="where the light comes from: 0 the right, 90 above, 135 the upper left",
        json_schema_extra={"unit": "degrees"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        right, down = towards(self.angle)
        across = np.array(_ACROSS, np.float32)
        kernel = -(right * across + down * across.T) * (self.depth / _SOBEL_GAIN)
        middle = top_of(pixels) / 2
        return cv2.filter2D(luma_of(pixels), -1, kernel, delta=middle, borderType=cv2.BORDER_REFLECT_101)

    def shape_after(self, shape: Shape) -> Shape:
        return replace(shape, channels=1)

    def scratch_bytes(self, shape: Shape) -> int:
        return luma_scratch_bytes(shape)
