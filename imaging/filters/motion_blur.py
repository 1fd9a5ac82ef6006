"""Motion blur."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.directions import towards
from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np

if TYPE_CHECKING:
    from imaging.picture import Pixels


_POINTS_PER_PIXEL = 8


class MotionBlur(Filter):
    """The mean along a straight line through each pixel; beyond the border the picture is mirrored about
    its outermost pixels."""

    name: ClassVar[str] = "motion_blur"
    summary: ClassVar[str] = "as if the camera had moved: the mean along a line"
    example: ClassVar[str] = "length=25,angle=20"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.PREMULTIPLIED, channelwise=True, linear=True)

    length: float = Field(
        15.0, ge=1.0, le=200.0, description="of the line", json_schema_extra={"unit": "pixels"}
    )
    angle: float = Field(
        0.0,
        ge=-360.0,
        le=360.0,
        description="of the line: 0 is level, 90 upright, 45 rises to the right",
        json_schema_extra={"unit": "degrees"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return cv2.filter2D(pixels, -1, self._line(), borderType=cv2.BORDER_REFLECT_101)

    def _line(self) -> Pixels:
        """Weights of the pixels that the line crosses; they add up to 1."""
        along, down = towards(self.angle)
        reach = (self.length - 1) / 2
        side = math.ceil(reach)
        weights = np.zeros((2 * side + 1, 2 * side + 1))
        steps = np.linspace(-reach, reach, 2 * math.ceil(reach * _POINTS_PER_PIXEL) + 1)
        for step in steps:  # each point is shared among the four pixels around it
            column, row = side + step * along, side + step * down
            left, top = math.floor(column + 1e-9), math.floor(row + 1e-9)
            for y, x in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
                share = max(1 - abs(column - x), 0) * max(1 - abs(row - y), 0)
                if share > 1e-9:  # noqa: PLR2004 - rounding
                    weights[y, x] += share
        found: Pixels = (weights / weights.sum()).astype(np.float32)
        return found
