"""Posterize."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import np
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels

_ALL_LEVELS = 256  # of 8 bits


class Posterize(Filter):
    """Few levels to each channel, evenly spread from black to white: round(v * (n - 1)) / (n - 1)."""

    name: ClassVar[str] = "posterize"
    summary: ClassVar[str] = "few levels to each channel, evenly spread from black to white"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, channelwise=True, keeps_alike=True)

    levels: int = Field(
        4, ge=2, le=256, description="how many each channel keeps", json_schema_extra={"unit": "levels"}
    )

    def apply(self, pixels: Pixels) -> Pixels:
        steps = self.levels - 1
        return mapped(pixels, np.rint(levels_of(pixels) * steps) / steps)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.levels == _ALL_LEVELS and shape.bytes_per_sample == 1
