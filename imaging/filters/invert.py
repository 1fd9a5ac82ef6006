"""The negative."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Invert(Filter):
    """Each sample's distance from white: top - v, exactly. Twice is the picture itself."""

    name: ClassVar[str] = "invert"
    summary: ClassVar[str] = "the negative: white minus each sample"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, channelwise=True, keeps_alike=True)

    def apply(self, pixels: Pixels) -> Pixels:
        return cv2.bitwise_not(pixels)
