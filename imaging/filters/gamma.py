"""Gamma."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Gamma(Filter):
    """A power curve: v ** (1 / gamma) of levels from 0 to 1. Black and white stay."""

    name: ClassVar[str] = "gamma"
    summary: ClassVar[str] = "lighter or darker middle tones: v to the power of 1 / gamma"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, channelwise=True, keeps_alike=True)

    gamma: float = Field(
        1.5, ge=0.1, le=10.0, description="above 1 the middle tones get lighter; 1 changes nothing"
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return mapped(pixels, levels_of(pixels) ** (1 / self.gamma))

    def leaves_alone(self, shape: Shape) -> bool:  # noqa: ARG002
        return self.gamma == 1
