"""Median."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


_WIDEST_IN_16_BIT = 2  # pixels of radius: OpenCV's limit


class Median(Filter):
    """The middle one of the samples in the square of 2 * radius + 1 pixels around each, channel by channel.

    Beyond the border the outermost pixels go on. Above a radius of 2 it works in 8 bits.
    """

    name: ClassVar[str] = "median"
    summary: ClassVar[str] = "takes specks away and keeps edges: the median of the square around each pixel"
    example: ClassVar[str] = "radius=2"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, channelwise=True)

    radius: int = Field(
        1,
        ge=1,
        le=50,
        description="from the middle of the square to its side",
        json_schema_extra={"unit": "pixels"},
    )

    @property
    def takes_16_bit(self) -> bool:
        return self.radius <= _WIDEST_IN_16_BIT

    def apply(self, pixels: Pixels) -> Pixels:
        return cv2.medianBlur(pixels, 2 * self.radius + 1)

    def scratch_bytes(self, shape: Shape) -> int:
        return shape.size_bytes if self.radius > _WIDEST_IN_16_BIT else 0  # a copy with its borders
