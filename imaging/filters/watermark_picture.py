"""A small picture over the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging import marks
from imaging.embedded import EmbeddedPicture, decoded
from imaging.filters.marking import Marking
from imaging.geometry import Length, Size, scaled
from imaging.geometry import pixels as in_pixels
from imaging.resampling import resized

if TYPE_CHECKING:
    from imaging.marks import Mark

_SAMPLE = (  # a disk with a triangle in it
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgBAMAAACBVGfHAAAAGFBMVEX+zQAAAAAQJVH/5gD/zQD/swD/zACrkhw1"
    "36NcAAAACHRSTlP9AP8SogNZ/44yWlMAAAEhSURBVHjaXZExTsNAEEXfjpdIKbCzEnRgTJCgAEtwgShIHICOggZu"
    "gHISGnqOkCOYElGQipIsVoQQBbKUBoLjUOwSG6YZ/TdfO7t/lQEWxxkgsQWUAYnznZDuQx5b0ECcpxmg04lzaPYz"
    "AHSKRRmSxQhXragkaOti7DXzs89CmdoAragU6daaWZyI3NGokGA3fGuA15lsdwAGHlQQADDoXjlyJB0/GzpyKIEH"
    "MgTASvV7niSu1RtkD8gagK9/jsoCiPzV/dpxCkAic6+frwEYSa/vtOePmgLgZhkI62vN568o/T1tggOU6Ue3dYSr"
    "lTISvC/BZZEpQ21pRSXKoKs08+lgESh7T+4uF7mFoA3jj+l5ODkJ77cK9/voDQvI5gvwA5IPSzJYA9lRAAAAAElF"
    "TkSuQmCC"
)


class WatermarkPicture(Marking):
    """Porter and Duff's over: each level becomes c a + p (1 - a), with c the mark's colour, p the picture's,
    and a the mark's alpha times opacity. The mark is part of the pipeline: base64 of a PNG, JPEG or WebP
    file of at most 16 KiB.
    """

    name: ClassVar[str] = "watermark_picture"
    summary: ClassVar[str] = "a small picture laid over the picture, once or all over"
    example: ClassVar[str] = f"image={_SAMPLE},size=25%,opacity=0.9"

    image: EmbeddedPicture = Field(description="base64 of a PNG, JPEG or WebP file of at most 16 KiB")
    size: Length = Field("20%", description="width of the mark; of the picture's width")

    def mark(self, room: Size) -> Mark:
        pixels = decoded(self.image)
        return marks.of_picture(resized(pixels, self._size(room, Size(pixels.shape[1], pixels.shape[0]))))

    def mark_pixels(self, room: Size) -> int:
        width = max(1, in_pixels(self.size, room.width))
        return min(width, room.width) * min(2 * width, room.height)

    def _size(self, room: Size, before: Size) -> Size:
        factor = max(1, in_pixels(self.size, room.width)) / before.width
        return scaled(before, min(factor, room.width / before.width, room.height / before.height))
