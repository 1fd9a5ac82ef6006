"""Darker corners."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.colour import CssColour, samples
from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import np
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels

_ROWS = 64  # that are worked on at a time
_FLOAT_BYTES = 4


class Vignette(Filter):
    """Each level becomes p (1 - s t) + c s t, with c the colour, s the strength, and t = 3 u^2 - 2 u^3 going
    from 0 to 1 as u = (d - radius) / softness does. d is the distance from the middle: 1 at the corners,
    measured along ellipses of the picture's proportions.
    """

    name: ClassVar[str] = "vignette"
    summary: ClassVar[str] = "the picture goes dark (or another colour) towards its corners"
    example: ClassVar[str] = "strength=0.9,radius=0.35"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART)

    strength: float = Field(0.5, ge=0.0, le=1.0, description="1: nothing but the colour at the corners")
    radius: float = Field(0.4, ge=0.0, le=1.0, description="where it begins; 1 is a corner")
    softness: float = Field(0.6, ge=0.01, le=1.0, description="from where it begins to where it is full")
    colour: CssColour = Field("#000000", description="towards which it goes")

    def apply(self, pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        colour = np.array(samples(self.colour, pixels), np.float32)
        across = np.linspace(-1, 1, width, dtype=np.float32) if width > 1 else np.zeros(1, np.float32)
        down = np.linspace(-1, 1, height, dtype=np.float32) if height > 1 else np.zeros(1, np.float32)
        found = np.empty_like(pixels)
        for top in range(0, height, _ROWS):
            rows = slice(top, top + _ROWS)
            distance = np.sqrt((down[rows, None] ** 2 + across[None, :] ** 2) / 2)
            share = np.clip((distance - self.radius) / self.softness, 0, 1)
            share = self.strength * share**2 * (3 - 2 * share)
            share = share.reshape(*share.shape, *(1,) * (pixels.ndim - 2))
            found[rows] = np.rint(pixels[rows] * (1 - share) + colour * share)
        return found

    def leaves_alone(self, shape: Shape) -> bool:  # noqa: ARG002
        return self.strength == 0

    def scratch_bytes(self, shape: Shape) -> int:
        return 6 * _FLOAT_BYTES * _ROWS * shape.width * shape.channels
