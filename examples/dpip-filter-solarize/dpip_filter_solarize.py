"""Solarization: the Sabattier effect of overexposed negatives, as a filter of DPIP."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Solarize(Filter):
    """Levels above the threshold t are inverted: p becomes 1 - p where p > t."""

    name: ClassVar[str] = "solarize"
    summary: ClassVar[str] = "inverts what is lighter than a threshold"
    # Each pixel is looked at alone, so alpha can go by unchanged; and uint16 is as good as uint8.
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, channelwise=True)

    threshold: float = Field(
        50.0,
        ge=0.0,
        le=100.0,
        description="what is lighter is inverted",
        json_schema_extra={"unit": "percent"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        top = np.iinfo(pixels.dtype).max
        return np.where(pixels > self.threshold / 100 * top, cv2.bitwise_not(pixels), pixels)
