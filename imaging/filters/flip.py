"""Mirroring."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2

if TYPE_CHECKING:
    from imaging.picture import Pixels

_LEFT_RIGHT, _UP_DOWN = 1, 0  # how cv2.flip is told
_AS_ORIENTATION = {"horizontal": 2, "vertical": 4}


class Flip(Filter):
    """The pixel at x goes to width - 1 - x (horizontal), or that at y to height - 1 - y (vertical)."""

    name: ClassVar[str] = "flip"
    summary: ClassVar[str] = "the mirror image: left for right, or top for bottom"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN, channelwise=True, linear=True)

    direction: Literal["horizontal", "vertical"] = Field(
        "horizontal", description="horizontal: left and right change places"
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return cv2.flip(pixels, _LEFT_RIGHT if self.direction == "horizontal" else _UP_DOWN)

    def as_orientation(self) -> int | None:
        return _AS_ORIENTATION[self.direction]
