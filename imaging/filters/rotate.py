"""Turning."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dpip.errors import Unprocessable
from imaging import canvas, weighting
from imaging.colour import CssColour
from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import Size
from imaging.lazy import cv2, np
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.picture import Pixels

_QUARTER = 90.0
_AS_ORIENTATION = {0: 1, 1: 6, 2: 3, 3: 8}  # by quarters clockwise
_MAX_SIDE = 32_000  # pixels, for other than right angles: OpenCV counts them in 16 bits
_NEARLY = 1e-6
_FLOAT_BYTES = 4


class Rotate(Filter):
    """Right angles move pixels and change none. For others a pixel of the result is the bicubic mean of those
    around (x, y) R(-angle), with R the rotation about the middle; colours are weighted by alpha.
    """

    name: ClassVar[str] = "rotate"
    summary: ClassVar[str] = "turned clockwise by any angle; by right angles without any loss"
    example: ClassVar[str] = "angle=12"
    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN)

    angle: float = Field(
        90.0, ge=-360.0, le=360.0, description="clockwise", json_schema_extra={"unit": "degrees"}
    )
    expand: bool = Field(True, description="the result is large enough for the corners; else they are cut")
    background: CssColour = Field("#ffffff", description="of the new corners; it may be transparent")

    def apply(self, pixels: Pixels) -> Pixels:
        quarters = self._quarters()
        size = self._size(Size(pixels.shape[1], pixels.shape[0]))
        if quarters is None:
            return self._turned(pixels, size)
        turns = {
            1: cv2.ROTATE_90_CLOCKWISE,
            2: cv2.ROTATE_180,
            3: cv2.ROTATE_90_COUNTERCLOCKWISE,
        }
        turned = cv2.rotate(pixels, turns[quarters]) if quarters else pixels
        if size == Size(turned.shape[1], turned.shape[0]):
            return turned
        x, y = (size.width - turned.shape[1]) // 2, (size.height - turned.shape[0]) // 2
        return canvas.on_ground(turned, size, x, y, self.background)

    def shape_after(self, shape: Shape) -> Shape:
        before = Size(shape.width, shape.height)
        size = self._size(before)
        if self._quarters() is None and max(*before, *size) > _MAX_SIDE:
            raise Unprocessable(
                f"rotate by other than right angles takes and makes pictures of at most {_MAX_SIDE:,} pixels "
                f"to a side; this one has {before.width:,} x {before.height:,}, and {size.width:,} x "
                f"{size.height:,} then"
            )
        alpha = shape.has_alpha or (self._has_ground() and canvas.is_see_through(self.background))
        return replace(shape, width=size.width, height=size.height, has_alpha=alpha)

    def scratch_bytes(self, shape: Shape) -> int:
        after = self.shape_after(shape)
        if self._quarters() is not None or not after.has_alpha:
            return 0
        return _FLOAT_BYTES * (shape.channels + 1) * (shape.pixels + after.pixels)

    def as_orientation(self) -> int | None:
        quarters = self._quarters()
        return None if quarters is None or self._has_ground() else _AS_ORIENTATION[quarters]

    def _quarters(self) -> int | None:
        """Right angles clockwise, 0 to 3; None for any other angle."""
        return int(self.angle // _QUARTER) % 4 if self.angle % _QUARTER == 0 else None

    def _has_ground(self) -> bool:
        """Not all of the result is picture, or need be."""
        quarters = self._quarters()
        return quarters is None or (not self.expand and quarters % 2 == 1)

    def _size(self, before: Size) -> Size:
        if not self.expand:
            return before
        quarters = self._quarters()
        if quarters is not None:
            return Size(before.height, before.width) if quarters % 2 else before
        cosine, sine = (abs(turn(math.radians(self.angle))) for turn in (math.cos, math.sin))
        return Size(
            math.ceil(before.width * cosine + before.height * sine - _NEARLY),
            math.ceil(before.width * sine + before.height * cosine - _NEARLY),
        )

    def _turned(self, pixels: Pixels, size: Size) -> Pixels:
        kind, top = pixels.dtype, float(np.iinfo(pixels.dtype).max)
        if canvas.is_see_through(self.background):
            pixels = weighting.opaque(pixels)
        border = canvas.levels(self.background, pixels)
        if not weighting.has_alpha(pixels):
            return self._warped(pixels, size, border)
        cover = border[-1] / top
        mixed = self._warped(
            weighting.weighted(pixels, top), size, (*(level * cover for level in border[:-1]), border[-1])
        )
        np.clip(mixed[..., -1], 0, top, out=mixed[..., -1])  # bicubic weights overshoot
        return weighting.rounded(weighting.unweighted(mixed, top), kind)

    def _warped(self, pixels: Pixels, size: Size, border: tuple[float, ...]) -> Pixels:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -self.angle, 1.0)
        matrix[0, 2] += (size.width - width) / 2
        matrix[1, 2] += (size.height - height) / 2
        return cv2.warpAffine(
            pixels,
            matrix,
            size,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=border,
        )
