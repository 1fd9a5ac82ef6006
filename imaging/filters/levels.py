"""Levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from imaging.filters.base import Alpha, Filter, Traits
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0
_LEAST_RANGE = 0.01  # percent


class Levels(Filter):
    """Stretches the tones between two points to the whole range, with a gamma for those in the middle:
    ((v - black) / (white - black)) ** (1 / gamma)."""

    name: ClassVar[str] = "levels"
    summary: ClassVar[str] = "stretches the tones between a black and a white point, with a gamma"
    example: ClassVar[str] = "black=10,white=80,gamma=1.2"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, channelwise=True, keeps_alike=True)

    black: float = Field(
        0.0,
        ge=0.0,
        lt=100.0,
        description="this level and all below become black",
        json_schema_extra={"unit": "percent"},
    )
    white: float = Field(
        100.0,
        gt=0.0,
        le=100.0,
        description="this level and all above become white",
        json_schema_extra={"unit": "percent"},
    )
    gamma: float = Field(1.0, ge=0.1, le=10.0, description="above 1 the middle tones get lighter")

    @model_validator(mode="after")
    def _black_below_white(self) -> Self:
        if self.white - self.black < _LEAST_RANGE:
            raise ValueError(
                f"black ({self.black:g}) must be below white ({self.white:g}) by at least {_LEAST_RANGE:g}, "
                "both in percent"
            )
        return self

    def apply(self, pixels: Pixels) -> Pixels:
        black, white = self.black / _PERCENT, self.white / _PERCENT
        stretched = (levels_of(pixels) - black) / (white - black)
        return mapped(pixels, stretched.clip(0.0, 1.0) ** (1 / self.gamma))

    def leaves_alone(self, shape: Shape) -> bool:  # noqa: ARG002
        return (self.black, self.white, self.gamma) == (0, _PERCENT, 1)
