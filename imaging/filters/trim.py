"""Plain borders cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging import canvas, weighting
from imaging.colour import CssColour
from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Trim(Filter):
    """What is left is the smallest box around all pixels that differ from the border's colour by more than
    tolerance in some channel. That colour is the one that most corners agree on, unless it is said. What is
    transparent is like everything transparent, whatever its colour. A picture that is all border stays.
    """

    name: ClassVar[str] = "trim"
    summary: ClassVar[str] = "borders of one colour cut off"
    example: ClassVar[str] = "tolerance=8"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN, keeps_alike=True)

    tolerance: int = Field(
        10,
        ge=0,
        le=255,
        description="how far a border's pixels may differ",
        json_schema_extra={"unit": "levels"},
    )
    colour: CssColour | None = Field(None, description="of the border; not said: what the corners agree on")
    margin: int = Field(
        0, ge=0, le=10_000, description="of the border, left around", json_schema_extra={"unit": "pixels"}
    )

    def apply(self, pixels: Pixels) -> Pixels:
        reach = self.tolerance * float(np.iinfo(pixels.dtype).max) / 255
        border = np.array(canvas.levels(self.colour, pixels)) if self.colour else _of_corners(pixels, reach)
        inside: Pixels
        if weighting.has_alpha(pixels) and border[-1] <= reach:
            inside = (pixels[..., -1] > reach).view(np.uint8)
        else:
            alike = cv2.inRange(pixels, tuple(border - reach), tuple(border + reach))
            inside = cv2.bitwise_not(alike)
        x, y, width, height = cv2.boundingRect(inside)
        if not width or not height:
            return pixels
        left, top = max(0, x - self.margin), max(0, y - self.margin)
        return pixels[top : y + height + self.margin, left : x + width + self.margin].copy()

    def scratch_bytes(self, shape: Shape) -> int:
        return 2 * shape.pixels


def _of_corners(pixels: Pixels, reach: float) -> Pixels:
    corners = np.array([np.atleast_1d(pixels[y, x]) for y in (0, -1) for x in (0, -1)], np.float64)
    distances = np.abs(corners[:, None] - corners[None, :]).max(axis=2)
    found: Pixels = corners[int(np.argmax((distances <= reach).sum(axis=1)))]
    return found
