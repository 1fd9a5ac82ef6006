"""Saturation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.luma import WEIGHTS
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


_WITH_CHANNELS = 3  # dimensions


class Saturation(Filter):
    """Distance of each channel from luma times a factor: Y + (v - Y) * factor, Y being BT.601 luma.

    0 shows what `grayscale` shows. A gray picture has no colour to change.
    """

    name: ClassVar[str] = "saturation"
    summary: ClassVar[str] = "stronger or weaker colours: distance from luma times a factor"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, keeps_alike=True)

    factor: float = Field(
        1.5,
        ge=0.0,
        le=10.0,
        description="of the distance from luma; 1 changes nothing, 0 takes all colour away",
        json_schema_extra={"unit": "times"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        if pixels.ndim < _WITH_CHANNELS:
            return pixels
        matrix = np.eye(3) * self.factor + np.tile(WEIGHTS, (3, 1)) * (1 - self.factor)
        return cv2.transform(pixels, matrix)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.factor == 1 or shape.channels == 1
