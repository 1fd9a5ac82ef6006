"""Tint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.colour import CssColour, rgba
from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.luma import luma_of, luma_scratch_bytes
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


_TOP = 255
_WITH_CHANNELS = 3  # dimensions


class Tint(Filter):
    """Toned with one colour, as bright as before: luma runs from black over the colour, which stands at
    its own luma, to white; that is mixed with the picture. The colour's alpha is not used.

    A gray picture becomes one in colour.
    """

    name: ClassVar[str] = "tint"
    summary: ClassVar[str] = "toned with one colour; every pixel stays as bright as it was"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, keeps_alike=True)

    colour: CssColour = Field("#b5651d", description="the tone")
    amount: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="1 leaves only the tone, 0 the picture as it was",
        json_schema_extra={"unit": "share"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        luma = luma_of(pixels)
        tone, levels = rgba(self.colour), levels_of(luma)
        middle = min(max(tone.luma / _TOP, 1e-6), 1 - 1e-6)  # black and white are tones, too
        curves = (
            np.interp(levels, (0.0, middle, 1.0), (0.0, channel / _TOP, 1.0))
            for channel in (tone.blue, tone.green, tone.red)
        )
        toned = mapped(luma, *curves)
        if self.amount == 1:
            return toned
        original = pixels if pixels.ndim == _WITH_CHANNELS else cv2.merge((pixels, pixels, pixels))
        return cv2.addWeighted(toned, self.amount, original, 1 - self.amount, 0)

    def shape_after(self, shape: Shape) -> Shape:
        return replace(shape, channels=3)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.amount == 0 and shape.channels > 1

    def scratch_bytes(self, shape: Shape) -> int:
        in_colour = 3 * shape.pixels * shape.bytes_per_sample
        return luma_scratch_bytes(shape) + in_colour * (1 if self.amount == 1 else 2)
