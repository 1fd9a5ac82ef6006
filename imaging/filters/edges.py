"""Edges."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from imaging.filters.base import Alpha, Filter, Traits
from imaging.gaussian import gaussian
from imaging.lazy import cv2, np
from imaging.luma import luma_of, luma_scratch_bytes
from imaging.shape import Shape
from imaging.tables import top_of

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0
_FLOAT_BYTES = 4
_SOBEL_GAIN = 4  # a step from black to white, upright or level, has a gradient of this
_SHORT_TOP = 32767
_LEAST_SIGMA = 0.1  # pixels; a narrower Gaussian changes nothing
_DEEPER = 257  # from 8 bits to 16


class Edges(Filter):
    """Where luma changes, white on black, in one channel; luma is smoothed by a Gaussian before.

    sobel: the length of the gradient by Sobel's 3 x 3 kernels; a sharp edge from black to white is white.
    laplacian: the absolute sum of second differences, 4-connected. canny: thin lines, where the gradient is
    largest across the edge, above `high`, or above `low` and joined to such (J. Canny, 1986).
    """

    name: ClassVar[str] = "edges"
    summary: ClassVar[str] = "lines where the picture changes: Canny, Sobel or Laplacian"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, luma_only=True)

    method: Literal["canny", "sobel", "laplacian"] = Field(
        "canny", description="canny: thin lines; sobel: the gradient; laplacian: the second derivative"
    )
    sigma: float = Field(
        1.0,
        ge=0.0,
        le=20.0,
        description="of the Gaussian before, against noise; 0: none",
        json_schema_extra={"unit": "pixels"},
    )
    low: float = Field(
        5.0,
        ge=0.0,
        le=100.0,
        description="canny: an edge goes on while the gradient is above; of a sharp edge from black to white",
        json_schema_extra={"unit": "percent"},
    )
    high: float = Field(
        12.0,
        ge=0.0,
        le=100.0,
        description="canny: an edge begins where the gradient is above",
        json_schema_extra={"unit": "percent"},
    )

    @model_validator(mode="after")
    def _low_up_to_high(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low:g}) must not be above high ({self.high:g}), both in percent")
        return self

    def apply(self, pixels: Pixels) -> Pixels:
        smooth = luma_of(pixels).astype(np.float32)
        if self.sigma >= _LEAST_SIGMA:
            smooth = gaussian(smooth, self.sigma)
        if self.method == "canny":
            return self._canny(smooth, pixels)
        if self.method == "sobel":
            gradient = [cv2.Sobel(smooth, -1, x, 1 - x, scale=1 / _SOBEL_GAIN) for x in (1, 0)]
            found = cv2.magnitude(*gradient)
        else:
            found = np.abs(cv2.Laplacian(smooth, -1))
        np.rint(found, out=found)
        return np.minimum(found, top_of(pixels), out=found).astype(pixels.dtype)

    def _canny(self, smooth: Pixels, pixels: Pixels) -> Pixels:
        unit = _SHORT_TOP / (_SOBEL_GAIN * top_of(pixels) * math.sqrt(2))
        across, down = (np.rint(cv2.Sobel(smooth, -1, x, 1 - x, scale=unit)).astype(np.int16) for x in (1, 0))
        low, high = (limit / _PERCENT * _SHORT_TOP / math.sqrt(2) for limit in (self.low, self.high))
        lines = cv2.Canny(across, down, low, high, L2gradient=True)
        return lines if pixels.dtype == np.uint8 else lines * np.uint16(_DEEPER)

    def shape_after(self, shape: Shape) -> Shape:
        return replace(shape, channels=1)

    def scratch_bytes(self, shape: Shape) -> int:
        planes = 4 if self.method == "sobel" else 3
        return luma_scratch_bytes(shape) + planes * _FLOAT_BYTES * shape.pixels
