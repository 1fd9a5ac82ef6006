"""Unsharp mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.gaussian import gaussian, gaussian_scratch_bytes
from imaging.lazy import cv2, np
from imaging.shape import Shape
from imaging.tables import top_of

if TYPE_CHECKING:
    from imaging.picture import Pixels


_PERCENT = 100.0


class UnsharpMask(Filter):
    """Sharpens by what a Gaussian blur takes away: v + amount * (v - blurred), where the difference is
    above the threshold."""

    name: ClassVar[str] = "unsharp_mask"
    summary: ClassVar[str] = "sharpens: adds what a Gaussian blur takes away"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, channelwise=True)

    sigma: float = Field(
        1.5,
        ge=0.1,
        le=50.0,
        description="standard deviation of the Gaussian: how wide the seams are",
        json_schema_extra={"unit": "pixels"},
    )
    amount: float = Field(
        1.0,
        ge=0.0,
        le=10.0,
        description="of the difference that is added; 0 changes nothing",
        json_schema_extra={"unit": "times"},
    )
    threshold: float = Field(
        0.0,
        ge=0.0,
        le=100.0,
        description="smaller differences are left alone: grain is not sharpened",
        json_schema_extra={"unit": "percent"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        blurred = gaussian(pixels, self.sigma)
        if not self.threshold:
            return cv2.addWeighted(pixels, 1 + self.amount, blurred, -self.amount, 0, dst=blurred)
        faint = cv2.absdiff(pixels, blurred) <= self.threshold / _PERCENT * top_of(pixels)
        sharp = cv2.addWeighted(pixels, 1 + self.amount, blurred, -self.amount, 0, dst=blurred)
        np.copyto(sharp, pixels, where=faint)
        return sharp

    def leaves_alone(self, shape: Shape) -> bool:  # noqa: ARG002
        return self.amount == 0

    def scratch_bytes(self, shape: Shape) -> int:
        mask = shape.size_bytes + shape.pixels * shape.channels if self.threshold else 0
        return max(gaussian_scratch_bytes(shape, self.sigma), mask)
