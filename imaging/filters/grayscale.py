"""Grayscale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels

_WITH_CHANNELS = 3  # dimensions


class Grayscale(Filter):
    """ITU-R BT.601 luma of the stored (gamma-encoded) values: 0.299 R + 0.587 G + 0.114 B."""

    name: ClassVar[str] = "grayscale"
    summary: ClassVar[str] = "one channel of light: ITU-R BT.601 luma, 0.299 R + 0.587 G + 0.114 B"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, linear=True, luma_only=True, keeps_alike=True)

    def apply(self, pixels: Pixels) -> Pixels:
        in_colour = pixels.ndim == _WITH_CHANNELS
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if in_colour else pixels

    def shape_after(self, shape: Shape) -> Shape:
        return replace(shape, channels=1)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.shape_after(shape) == shape
