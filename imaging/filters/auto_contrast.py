"""Automatic contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.luma import luma_of, luma_scratch_bytes
from imaging.shape import Shape
from imaging.tables import Curve, histogram, levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0
_WITH_CHANNELS = 3  # dimensions


class AutoContrast(Filter):
    """Stretches the tones that are there to the whole range: (v - low) / (high - low), where `cut` percent
    of the pixels lie below low, and as many above high."""

    name: ClassVar[str] = "auto_contrast"
    summary: ClassVar[str] = "stretches the tones that are there to the whole range"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, keeps_alike=True)

    cut: float = Field(
        0.5,
        ge=0.0,
        le=49.0,
        description="of the pixels, at either end, may become black or white",
        json_schema_extra={"unit": "percent"},
    )
    by: Literal["luma", "channel"] = Field(
        "luma",
        description="luma: all channels alike, which keeps the hues; channel: each by itself, which takes "
        "a cast away",
    )

    def apply(self, pixels: Pixels) -> Pixels:
        if self.by == "luma" or pixels.ndim < _WITH_CHANNELS:
            return mapped(pixels, self._curve(luma_of(pixels)))
        return mapped(pixels, *(self._curve(cv2.extractChannel(pixels, index)) for index in range(3)))

    def _curve(self, plane: Pixels) -> Curve:
        levels, counts = levels_of(plane), histogram(plane)
        below = np.cumsum(counts)
        may_go = below[-1] * self.cut / _PERCENT
        low = levels[np.argmax(below > may_go)]
        high = levels[::-1][np.argmax(np.cumsum(counts[::-1]) > may_go)]
        return (levels - low) / (high - low) if high > low else levels

    def scratch_bytes(self, shape: Shape) -> int:
        return luma_scratch_bytes(shape)
