"""Motion blur."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.directions import towards
from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


_FLOAT_BYTES = 4
_PARTS = 4  # that a pixel is cut into, across and down


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
        """How much of each pixel the line covers, one pixel wide; the weights add up to 1."""
        along, down = towards(self.angle)
        side = self._side()
        parts = (2 * side + 1) * _PARTS
        places = (np.arange(parts, dtype=np.float32) + 0.5) / _PARTS - side - 0.5  # from the middle
        columns, rows = places[np.newaxis, :], places[:, np.newaxis]
        covered = _covered(np.add(columns * along, rows * down), self.length)
        covered *= _covered(np.subtract(columns * down, rows * along), 1.0)
        weights = covered.reshape(2 * side + 1, _PARTS, 2 * side + 1, _PARTS).sum(axis=(1, 3))
        line: Pixels = weights / weights.sum()
        return line[np.ix_(line.any(axis=1), line.any(axis=0))]

    def _side(self) -> int:
        """From the middle of the kernel, in pixels."""
        return math.ceil(self.length / 2) + 1

    def scratch_bytes(self, shape: Shape) -> int:  # noqa: ARG002 - of the kernel, whatever the picture
        return 2 * _FLOAT_BYTES * ((2 * self._side() + 1) * _PARTS) ** 2


def _covered(distance: Pixels, width: float) -> Pixels:
    """How much of each part is within half of `width`; in place."""
    np.abs(distance, out=distance)
    np.subtract(width / 2 * _PARTS + 0.5, np.multiply(distance, _PARTS, out=distance), out=distance)
    return distance.clip(0, 1, out=distance)
