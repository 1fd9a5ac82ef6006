"""Contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


_MIDDLE = 0.5


class Contrast(Filter):
    """Distance from middle gray times a factor: (v - 0.5) * factor + 0.5, as `contrast()` of W3C Filter
    Effects has it. What a pixel becomes does not depend on the rest of the picture."""

    name: ClassVar[str] = "contrast"
    summary: ClassVar[str] = "more or less contrast: distance from middle gray times a factor"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, channelwise=True, keeps_alike=True)

    factor: float = Field(
        1.25,
        ge=0.0,
        le=10.0,
        description="of the distance from middle gray; 1 changes nothing, 0 is even gray",
        json_schema_extra={"unit": "times"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return mapped(pixels, (levels_of(pixels) - _MIDDLE) * self.factor + _MIDDLE)

    def leaves_alone(self, shape: Shape) -> bool:  # noqa: ARG002
        return self.factor == 1
