"""White balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging.filters.base import Alpha, Filter, Traits
from imaging.lazy import cv2, np
from imaging.shape import Shape
from imaging.tables import histogram, mapped, top_of
from imaging.transfer import levels, light
from imaging.whites import NEUTRAL_KELVIN, light_source

if TYPE_CHECKING:
    from imaging.picture import Pixels

_WITH_CHANNELS = 3  # dimensions
_LUMINANCE = (0.0722, 0.7152, 0.2126)  # ITU-R BT.709, of blue, green and red
_DARKEST = 1e-4  # mean light of a channel that is taken for empty
_MOST = 8.0  # times: no channel is amplified further


class WhiteBalance(Filter):
    """Takes the colour of the light away: each channel times a gain, in linear light (von Kries).

    The light is the mean of the picture (the gray-world assumption), or that of a black body of a given
    temperature. Gains are scaled so that white keeps its luminance. A gray picture stays as it is.
    """

    name: ClassVar[str] = "white_balance"
    summary: ClassVar[str] = "takes the colour of the light away: gray-world, or a given temperature"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.EXTENDED, keeps_alike=True)

    temperature: float | None = Field(
        None,
        ge=2500.0,
        le=15000.0,
        description="of the light in the scene: lower makes the picture bluer, higher warmer, 6500 keeps it. "
        "Not said: estimated from the picture, by gray-world",
        json_schema_extra={"unit": "kelvin"},
    )
    tint: float = Field(
        0.0,
        ge=-100.0,
        le=100.0,
        description="towards magenta, or (below 0) green, across the curve of black bodies",
        json_schema_extra={"unit": "1/3000 of CIE 1960 uv"},
    )

    def apply(self, pixels: Pixels) -> Pixels:
        if pixels.ndim < _WITH_CHANNELS:
            return pixels
        source = light_source(self.temperature or NEUTRAL_KELVIN, self.tint)
        if self.temperature is None:
            source = source * _mean_light(pixels)
        gains = np.minimum(source[1] / np.maximum(source, _DARKEST), _MOST)
        gains = gains / np.dot(gains, _LUMINANCE)
        amounts = _light_of_levels(pixels)
        return mapped(pixels, *(levels(amounts * gain, pixels.dtype) / top_of(pixels) for gain in gains))

    def leaves_alone(self, shape: Shape) -> bool:
        return shape.channels == 1 or (self.temperature == NEUTRAL_KELVIN and self.tint == 0)

    def scratch_bytes(self, shape: Shape) -> int:
        return shape.pixels * shape.bytes_per_sample if shape.channels > 1 else 0


def _mean_light(pixels: Pixels) -> Pixels:
    """Of each channel, 0 to 1; of a channel without any, the least that counts."""
    amounts = _light_of_levels(pixels)
    counts = [histogram(cv2.extractChannel(pixels, index)) for index in range(3)]
    return np.array([max(np.dot(count, amounts) / count.sum(), _DARKEST) for count in counts])


def _light_of_levels(pixels: Pixels) -> Pixels:
    """Of all levels that a sample can have."""
    return light(np.arange(top_of(pixels) + 1).astype(pixels.dtype)).ravel()
