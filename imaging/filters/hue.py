"""Hue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


_WITH_CHANNELS = 3  # dimensions
_FULL_TURN = 360.0  # degrees
_LUMINANCE = (0.213, 0.715, 0.072)  # red, green, blue
_COSINE = ((0.787, -0.715, -0.072), (-0.213, 0.285, -0.072), (-0.213, -0.715, 0.928))
_SINE = ((-0.213, -0.715, 0.928), (0.143, 0.140, -0.283), (-0.787, 0.715, 0.072))


class Hue(Filter):
    """Colours turned on the colour wheel by the matrix of `hue-rotate()` of W3C Filter Effects, which keeps
    gray as it is and light nearly so. A gray picture has no colour to turn."""

    name: ClassVar[str] = "hue"
    summary: ClassVar[str] = "turns all colours on the colour wheel"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, keeps_alike=True)

    degrees: float = Field(
        90.0,
        ge=-360.0,
        le=360.0,
        description="how far: 120 turns red towards green, -120 towards blue",
        json_schema_extra={"unit": "degrees"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        if pixels.ndim < _WITH_CHANNELS:
            return pixels
        angle = math.radians(self.degrees)
        matrix = np.tile(_LUMINANCE, (3, 1))
        matrix = matrix + np.array(_COSINE) * math.cos(angle) + np.array(_SINE) * math.sin(angle)
        return cv2.transform(pixels, matrix[::-1, ::-1])  # blue comes first in ours

    def leaves_alone(self, shape: Shape) -> bool:
        return self.degrees % _FULL_TURN == 0 or shape.channels == 1
