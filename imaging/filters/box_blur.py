"""Box blur."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2

if TYPE_CHECKING:
    from imaging.picture import Pixels


class BoxBlur(Filter):
    """The plain mean of the square of 2 * radius + 1 pixels around each; beyond the border the picture is
    mirrored about its outermost pixels."""

    name: ClassVar[str] = "box_blur"
    summary: ClassVar[str] = "the mean of the square around each pixel; for a Gaussian see blur"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.PREMULTIPLIED, channelwise=True, linear=True)

    radius: int = Field(
        3,
        ge=1,
        le=200,
        description="from the middle of the square to its side",
        json_schema_extra={"unit": "pixels"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        side = 2 * self.radius + 1
        return cv2.blur(pixels, (side, side), borderType=cv2.BORDER_REFLECT_101)
