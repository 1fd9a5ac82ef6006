"""Bilateral filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.shape import Shape
from imaging.tables import top_of

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0
_WITH_CHANNELS = 3  # dimensions
_FLOAT_BYTES = 4


class Bilateral(Filter):
    """A mean weighted by nearness in place and in colour, so that edges stay (C. Tomasi, R. Manduchi, 1998):
    exp(-d^2 / 2 sigma^2) * exp(-c^2 / 2 range^2), d being the distance in pixels, up to 1.5 sigma, and c the
    mean of the channels' absolute differences."""

    name: ClassVar[str] = "bilateral"
    summary: ClassVar[str] = "smooths surfaces and keeps edges: a mean of near pixels of like colour"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED)

    sigma: float = Field(
        3.0,
        ge=0.5,
        le=10.0,
        description="nearness in place: standard deviation of the Gaussian",
        json_schema_extra={"unit": "pixels"},
    )
    range: float = Field(
        10.0,
        ge=0.1,
        le=100.0,
        description="nearness in colour: standard deviation of the Gaussian",
        json_schema_extra={"unit": "percent"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        channels = pixels.shape[2] if pixels.ndim == _WITH_CHANNELS else 1
        spread = self.range / _PERCENT * top_of(pixels) * channels  # OpenCV sums the differences up
        if pixels.dtype == np.uint8:
            return cv2.bilateralFilter(pixels, 0, spread, self.sigma, borderType=cv2.BORDER_REFLECT_101)
        wide = pixels.astype(np.float32)
        smooth = cv2.bilateralFilter(wide, 0, spread, self.sigma, borderType=cv2.BORDER_REFLECT_101)
        return np.rint(smooth, out=smooth).astype(pixels.dtype)

    def scratch_bytes(self, shape: Shape) -> int:
        if shape.bytes_per_sample == 1:
            return 0
        return 3 * _FLOAT_BYTES * shape.pixels * shape.channels
