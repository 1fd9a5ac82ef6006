"""Morphology."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Morphology(Filter):
    """Grayscale morphology: erode is the least, dilate the largest sample under a disk or square around each
    pixel, channel by channel; open is erode then dilate, close is dilate then erode. What is beyond the
    border does not count. Of a picture with alpha, shapes grow and shrink, too."""

    name: ClassVar[str] = "morphology"
    summary: ClassVar[str] = "erode, dilate, open or close: light shapes shrink, grow, vanish, or join"
    example: ClassVar[str] = "operation=dilate,radius=4"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.PREMULTIPLIED, channelwise=True)

    operation: Literal["erode", "dilate", "open", "close"] = Field(
        "erode",
        description="erode: dark grows; dilate: light grows; open: small light specks go; close: small dark "
        "specks go",
    )
    radius: int = Field(
        2,
        ge=1,
        le=30,
        description="of the disk, or from the middle of the square to its side",
        json_schema_extra={"unit": "pixels"},
    )
    shape: Literal["disk", "square"] = Field("disk", description="what is moved over the picture")

    def apply(self, pixels: Pixels) -> Pixels:
        offsets = np.arange(-self.radius, self.radius + 1)
        distances = np.add.outer(offsets**2, offsets**2)
        element = (distances <= self.radius**2) | (self.shape == "square")
        operations = {
            "erode": cv2.MORPH_ERODE,
            "dilate": cv2.MORPH_DILATE,
            "open": cv2.MORPH_OPEN,
            "close": cv2.MORPH_CLOSE,
        }
        return cv2.morphologyEx(pixels, operations[self.operation], element.astype(np.uint8))
