"""Parts made unrecognizable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from dpip.errors import Unprocessable
from imaging import canvas, weighting
from imaging.colour import CssColour
from imaging.filters.base import Alpha, Filter, Traits
from imaging.gaussian import gaussian
from imaging.geometry import Box, Size
from imaging.lazy import cv2, np
from imaging.regions import Regions, boxes
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels

_FLOAT_BYTES = 4
_COPIES = {"fill": 0.5, "pixelate": 1.4, "blur": 2.4}  # of a part, in floating point


class Redact(Filter):
    """fill: one colour, nothing of the part is left. pixelate: the mean of blocks of strength pixels squared.
    blur: pixelated first, then a Gaussian with a sigma of strength, so that the blur cannot be taken back; no
    pixel outside the part has a say. Only fill is safe for writing and numbers: from blocks, what was written
    can sometimes be guessed.
    """

    name: ClassVar[str] = "redact"
    summary: ClassVar[str] = "parts of the picture made unrecognizable: pixelated, blurred, or filled"
    example: ClassVar[str] = "regions=31% 4% 23% 48%,strength=10"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN)

    regions: Regions = Field(description="x y width height from the upper left corner; several parted by ;")
    mode: Literal["pixelate", "blur", "fill"] = Field("pixelate", description="what becomes of the parts")
    strength: int = Field(
        16,
        ge=4,
        le=100,
        description="size of blocks, sigma of the blur",
        json_schema_extra={"unit": "pixels"},
    )
    colour: CssColour = Field("#000000", description="fill: by what; it always hides all")

    def apply(self, pixels: Pixels) -> Pixels:
        found = pixels.copy()
        for box in self._boxes(Size(pixels.shape[1], pixels.shape[0])):
            part = found[box.y : box.y + box.height, box.x : box.x + box.width]
            part[...] = self._redacted(np.ascontiguousarray(part))
        return found

    def shape_after(self, shape: Shape) -> Shape:
        self._boxes(Size(shape.width, shape.height))
        return shape

    def scratch_bytes(self, shape: Shape) -> int:
        areas = [box.width * box.height for box in self._boxes(Size(shape.width, shape.height))]
        return int(_COPIES[self.mode] * max(areas) * (shape.channels + shape.has_alpha) * _FLOAT_BYTES)

    def _boxes(self, whole: Size) -> list[Box]:
        found = boxes(self.regions, whole)
        for region, box in found:
            if not box.width or not box.height:
                raise Unprocessable(
                    f"redact: the region {region} lies outside of a picture of "
                    f"{whole.width:,} x {whole.height:,} pixels: what it should hide would be seen"
                )
        return [box for _, box in found]

    def _redacted(self, part: Pixels) -> Pixels:
        kind, top = part.dtype, float(np.iinfo(part.dtype).max)
        size = Size(part.shape[1], part.shape[0])
        if self.mode == "fill":
            return canvas.ground(size, self.colour[:7], part)
        alpha = weighting.has_alpha(part)
        mixed = weighting.weighted(part, top) if alpha else part.astype(np.float32)
        blocks = Size(max(1, round(size.width / self.strength)), max(1, round(size.height / self.strength)))
        mixed = cv2.resize(mixed, blocks, interpolation=cv2.INTER_AREA)
        mixed = cv2.resize(mixed, size, interpolation=cv2.INTER_NEAREST)
        if self.mode == "blur":
            mixed = gaussian(mixed, float(self.strength))
        if alpha:
            mixed = weighting.unweighted(mixed, top)
        return weighting.rounded(mixed, kind).reshape(part.shape)
