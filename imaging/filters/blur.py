"""Gaussian blur."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.gaussian import gaussian, gaussian_scratch_bytes
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Blur(Filter):
    """A true Gaussian; beyond the border the picture is mirrored about its outermost pixels."""

    name: ClassVar[str] = "blur"
    summary: ClassVar[str] = "Gaussian blur; sigma is its standard deviation in pixels"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.PREMULTIPLIED, channelwise=True, linear=True)

    sigma: float = Field(
        3.0,
        ge=0.1,
        le=100.0,
        description="standard deviation of the Gaussian",
        json_schema_extra={"unit": "pixels"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        return gaussian(pixels, self.sigma)

    def scratch_bytes(self, shape: Shape) -> int:
        return gaussian_scratch_bytes(shape, self.sigma)
