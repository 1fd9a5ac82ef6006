"""What the two watermarks have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging import marks
from imaging.filters.base import Alpha, Filter, Traits
from imaging.geometry import Gravity, Length, Size, placed
from imaging.geometry import pixels as in_pixels
from imaging.shape import Shape

if TYPE_CHECKING:
    from imaging.marks import Mark
    from imaging.picture import Pixels

_BYTES_PER_PIXEL = 44  # of a mark, while it is made and laid: floats of each channel, a few times


class Marking(Filter):
    """A mark laid over the picture, once or all over it."""

    traits: ClassVar[Traits] = Traits(alpha=Alpha.WITHIN)

    gravity: Gravity = Field("southeast", description="where the mark stands")
    margin: Length = Field("2%", description="between mark and edge; of the shorter side")
    tile: bool = Field(False, description="all over the picture instead")
    rotation: float = Field(
        0.0, ge=-180.0, le=180.0, description="of the mark, clockwise", json_schema_extra={"unit": "degrees"}
    )
    opacity: float = Field(0.6, gt=0.0, le=1.0, description="1: nothing shows through the mark")

    @abstractmethod
    def mark(self, room: Size) -> Mark:
        """Upright and opaque, for a picture of this size; no larger than it."""

    def apply(self, pixels: Pixels) -> Pixels:
        whole = Size(pixels.shape[1], pixels.shape[0])
        mark = marks.faded(marks.turned(self.mark(whole), self.rotation), self.opacity)
        found = pixels.copy()
        if self.tile:
            marks.tile(found, mark)
            return found
        margin = in_pixels(self.margin, min(whole))
        inner = Size(whole.width - 2 * margin, whole.height - 2 * margin)
        x, y = placed(inner, mark.size, self.gravity)
        marks.lay(found, mark, x + margin, y + margin)
        return found

    @abstractmethod
    def mark_pixels(self, room: Size) -> int:
        """About the area of what `mark` makes."""

    def scratch_bytes(self, shape: Shape) -> int:
        area = self.mark_pixels(Size(shape.width, shape.height))
        if self.rotation:
            area *= 2
        if self.tile:
            area += int(shape.width * area**0.5)
        return min(area, 2 * shape.pixels) * _BYTES_PER_PIXEL
