"""Adaptive histogram equalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.contrast_limited import contrast_limited, contrast_limited_scratch_bytes
from imaging.filters.base import Alpha, Filter, Traits
from imaging.luma import with_luma, with_luma_scratch_bytes
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Clahe(Filter):
    """Contrast limited adaptive histogram equalization of luma (K. Zuiderveld, 1994): each neighbourhood
    gets the contrast that its own tones allow. Colours stay."""

    name: ClassVar[str] = "clahe"
    summary: ClassVar[str] = "brings out detail in shadows and lights: adaptive histogram equalization"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED)

    limit: float = Field(
        2.0,
        ge=1.0,
        le=40.0,
        description="how steep the curves may get: how many times its even share a level may count for",
        json_schema_extra={"unit": "times"},
    )
    tiles: int = Field(
        8,
        ge=1,
        le=16,
        description="how many the picture is cut into, across and down",
        json_schema_extra={"unit": "tiles"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return with_luma(pixels, lambda plane: contrast_limited(plane, self.limit, self.tiles))

    def scratch_bytes(self, shape: Shape) -> int:
        return with_luma_scratch_bytes(shape) + contrast_limited_scratch_bytes(shape, self.tiles)
