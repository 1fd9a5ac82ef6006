"""Duotone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.colour import CssColour, rgba
from imaging.filters.base import Alpha, Filter, Traits
from imaging.luma import luma_of, luma_scratch_bytes
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


_TOP = 255


class Duotone(Filter):
    """Two inks: BT.601 luma runs from one colour to the other, dark + Y * (light - dark).

    The alpha of the colours is not used.
    """

    name: ClassVar[str] = "duotone"
    summary: ClassVar[str] = "two inks: the darkest becomes one colour, the lightest another"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, luma_only=True, keeps_alike=True)

    dark: CssColour = Field("#1b2a5c", description="what black becomes")
    light: CssColour = Field("#ffe9c9", description="what white becomes")

    def apply(self, pixels: Pixels) -> Pixels:
        luma = luma_of(pixels)
        dark, light = rgba(self.dark), rgba(self.light)
        levels = levels_of(luma)
        pairs = ((dark.blue, light.blue), (dark.green, light.green), (dark.red, light.red))
        return mapped(luma, *((low + levels * (high - low)) / _TOP for low, high in pairs))

    def shape_after(self, shape: Shape) -> Shape:
        return replace(shape, channels=3)

    def scratch_bytes(self, shape: Shape) -> int:
        return luma_scratch_bytes(shape) + 3 * shape.pixels * shape.bytes_per_sample
