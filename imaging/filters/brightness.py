"""Brightness."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Brightness(Filter):
    """Each sample times a factor: v * factor, as `brightness()` of W3C Filter Effects has it."""

    name: ClassVar[str] = "brightness"
    summary: ClassVar[str] = "brighter or darker: each sample times a factor"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, channelwise=True, keeps_alike=True)

    factor: float = Field(
        1.25,
        ge=0.0,
        le=10.0,
        description="of each sample; 1 changes nothing, 0 is black",
        json_schema_extra={"unit": "times"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return mapped(pixels, levels_of(pixels) * self.factor)

    def leaves_alone(self, shape: Shape) -> bool:  # noqa: ARG002
        return self.factor == 1
