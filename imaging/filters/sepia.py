"""Sepia."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.shape import Shape
from imaging.tables import levels_of, mapped

if TYPE_CHECKING:
    from imaging.picture import Pixels


_FULL = (  # from blue, green, red to blue, green, red
    (0.131, 0.534, 0.272),
    (0.168, 0.686, 0.349),
    (0.189, 0.769, 0.393),
)
_WITH_CHANNELS = 3  # dimensions


class Sepia(Filter):
    """The brown of old prints: the matrix of `sepia()` of W3C Filter Effects, mixed with the picture.

    A gray picture becomes one in colour.
    """

    name: ClassVar[str] = "sepia"
    summary: ClassVar[str] = "the brown of old prints, by the matrix of W3C Filter Effects"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.APART, keeps_alike=True)

    amount: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="1 is full sepia, 0 the picture as it was",
        json_schema_extra={"unit": "share"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        matrix = np.array(_FULL) * self.amount + np.eye(3) * (1 - self.amount)
        if pixels.ndim < _WITH_CHANNELS:
            return mapped(pixels, *(levels_of(pixels) * weight for weight in matrix.sum(axis=1)))
        return cv2.transform(pixels, matrix)

    def shape_after(self, shape: Shape) -> Shape:
        return replace(shape, channels=3)

    def leaves_alone(self, shape: Shape) -> bool:
        return self.amount == 0 and shape.channels > 1

    def scratch_bytes(self, shape: Shape) -> int:
        return 3 * shape.size_bytes if shape.channels == 1 else 0
