"""Denoise."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dpip.errors import Unprocessable
from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2
from imaging.shape import Shape
from imaging.tables import top_of

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0
_MOST_COMPARISONS = 60e6 * 15**2  # 60 megapixels at a radius of 7: about a minute on one core
_PATCH = 5  # pixels, side of the squares that are compared


class Denoise(Filter):
    """Non-local means (A. Buades, B. Coll and J.-M. Morel, 2005): the mean of the pixels in the search
    window, weighted by how like their neighbourhoods of 5 x 5 pixels are: exp(-(d / strength)^2), d being
    the mean absolute difference. The time it takes grows with the square of the search radius."""

    name: ClassVar[str] = "denoise"
    summary: ClassVar[str] = "takes grain away and keeps detail: non-local means"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED)

    strength: float = Field(
        3.0,
        ge=0.1,
        le=50.0,
        description="how unlike neighbourhoods may be: about the standard deviation of the noise",
        json_schema_extra={"unit": "percent"},
    )
    radius: int = Field(
        7,
        ge=2,
        le=10,
        description="of the search window: from its middle to its side",
        json_schema_extra={"unit": "pixels"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return cv2.fastNlMeansDenoising(
            pixels,
            h=[self.strength / _PERCENT * top_of(pixels)],
            templateWindowSize=_PATCH,
            searchWindowSize=2 * self.radius + 1,
            normType=cv2.NORM_L1,  # the one that OpenCV has for 16 bits, too
        )

    def shape_after(self, shape: Shape) -> Shape:
        """Raises `Unprocessable` for a picture that would take minutes."""
        most = _MOST_COMPARISONS / (2 * self.radius + 1) ** 2
        if shape.pixels > most:
            raise Unprocessable(
                f"denoise with a radius of {self.radius} takes pictures up to {most / 1e6:.0f} megapixels, "
                f"and this has {shape.pixels / 1e6:.1f}: choose a smaller radius, or resize before"
            )
        return shape

    def scratch_bytes(self, shape: Shape) -> int:
        return shape.size_bytes  # a copy with its borders
