"""Histogram equalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.luma import with_luma, with_luma_scratch_bytes
from imaging.shape import Shape
from imaging.tables import Curve, histogram, levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


_WITH_CHANNELS = 3  # dimensions


class Equalize(Filter):
    """Spreads the tones until all are as frequent: the cumulative histogram C is the curve,
    (C(v) - C(darkest)) / (C(white) - C(darkest))."""

    name: ClassVar[str] = "equalize"
    summary: ClassVar[str] = "spreads the tones until all are about as frequent"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, keeps_alike=True)

    by: Literal["luma", "channel"] = Field(
        "luma", description="luma: light alone is spread, the colours stay; channel: each channel by itself"
    )

    def apply(self, pixels: Pixels) -> Pixels:
        if self.by == "channel" and pixels.ndim == _WITH_CHANNELS:
            return mapped(pixels, *(_curve(cv2.extractChannel(pixels, index)) for index in range(3)))
        return with_luma(pixels, lambda plane: mapped(plane, _curve(plane)))

    def scratch_bytes(self, shape: Shape) -> int:
        if self.by == "channel":
            return shape.pixels * shape.bytes_per_sample if shape.channels > 1 else 0
        return with_luma_scratch_bytes(shape)


def _curve(plane: Pixels) -> Curve:
    counts = histogram(plane)
    darkest = counts[np.argmax(counts > 0)]
    reached = np.cumsum(counts)
    rest = reached[-1] - darkest
    return (reached - darkest) / rest if rest else levels_of(plane)
