"""Threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2
from imaging.luma import luma_of, luma_scratch_bytes
from imaging.shape import Shape
from imaging.tables import top_of

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0
_FLOAT_BYTES = 4


class Threshold(Filter):
    """Black and white: BT.601 luma above the threshold is white, all else black; one channel.

    fixed: the same level everywhere. otsu: the level that parts the histogram into two classes that differ
    most (N. Otsu, 1979). adaptive: the mean of the square window around each pixel, less an offset; for
    text and drawings under uneven light.
    """

    name: ClassVar[str] = "threshold"
    summary: ClassVar[str] = "black and white: fixed level, Otsu's, or adaptive to each neighbourhood"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, luma_only=True)

    method: Literal["fixed", "otsu", "adaptive"] = Field(
        "otsu", description="fixed: at `value`; otsu: found from the histogram; adaptive: local mean"
    )
    value: float = Field(
        50.0,
        ge=0.0,
        le=100.0,
        description="fixed: luma above it is white",
        json_schema_extra={"unit": "percent"},
    )
    window: int = Field(
        31,
        ge=3,
        le=501,
        description="adaptive: side of the window; of an even number, the next odd one",
        json_schema_extra={"unit": "pixels"},
    )
    offset: float = Field(
        5.0,
        ge=-50.0,
        le=50.0,
        description="adaptive: how far below the local mean still is white",
        json_schema_extra={"unit": "percent"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        luma = luma_of(pixels)
        if self.method == "adaptive":
            return self._adaptive(luma)
        otsu = cv2.THRESH_OTSU if self.method == "otsu" else 0
        level = self.value / _PERCENT * top_of(luma)
        return cv2.threshold(luma, level, top_of(luma), cv2.THRESH_BINARY | otsu)[1]

    def _adaptive(self, luma: Pixels) -> Pixels:
        side = self.window // 2 * 2 + 1
        mean = cv2.boxFilter(luma, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT_101)
        above = cv2.subtract(luma, mean, dst=mean, dtype=cv2.CV_32F)
        white: Pixels = (above > -self.offset / _PERCENT * top_of(luma)).astype(luma.dtype)
        white *= luma.dtype.type(top_of(luma))
        return white

    def shape_after(self, shape: Shape) -> Shape:
        return replace(shape, channels=1)

    def scratch_bytes(self, shape: Shape) -> int:
        local = (_FLOAT_BYTES + 1) * shape.pixels if self.method == "adaptive" else 0
        return luma_scratch_bytes(shape) + local
