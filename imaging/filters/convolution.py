"""Convolution with a matrix of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.matrices import MatrixText, matrix_of
from imaging.tables import top_of

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0
_NEARLY_ZERO = 1e-9  # a sum of numbers that cancel out, but for rounding


class Convolution(Filter):
    """The sum of the pixels around each, weighted by a matrix as it is written (its first number weighs the
    pixel to the upper left), divided by `divisor`, plus an offset. Beyond the border the picture is mirrored
    about its outermost pixels."""

    name: ClassVar[str] = "convolution"
    summary: ClassVar[str] = "the pixels around each, weighted by a matrix of your own"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, channelwise=True)

    matrix: MatrixText = Field(
        "0 -1 0 -1 5 -1 0 -1 0",
        description="numbers row by row; rows may be parted by ; and must be where it is not square",
    )
    divisor: float | None = Field(
        None,
        ge=-1e6,
        le=1e6,
        description="the weighted sum is divided by it. Not said: the sum of the matrix, or 1 if that is 0",
    )
    offset: float = Field(
        0.0,
        ge=-100.0,
        le=100.0,
        description="added to the result; 50 shows negative results, too",
        json_schema_extra={"unit": "percent"},
    )

    @field_validator("divisor")
    @classmethod
    def _not_zero(cls, value: float | None) -> float | None:
        if value is not None and abs(value) < _NEARLY_ZERO:
            raise ValueError(f"divisor must not be 0, nor nearer to it than {_NEARLY_ZERO:g}")
        return value

    def apply(self, pixels: Pixels) -> Pixels:
        matrix = matrix_of(self.matrix)
        total = matrix.sum()
        divisor = self.divisor or (total if abs(total) > _NEARLY_ZERO else 1.0)
        return cv2.filter2D(
            pixels,
            -1,
            (matrix / divisor).astype(np.float32),
            delta=self.offset / _PERCENT * top_of(pixels),
            borderType=cv2.BORDER_REFLECT_101,
        )
