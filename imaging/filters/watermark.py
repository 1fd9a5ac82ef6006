"""A text over the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from imaging.colour import CssColour
from imaging.filters.marking import Marking
from imaging.geometry import Length, Size
from imaging.geometry import pixels as in_pixels
from imaging.lettering import fitting_height, lettered

if TYPE_CHECKING:
    from imaging.marks import Mark

_LETTER_WIDTH = 0.7  # of their height, on average; more than Latin ones have


class Watermark(Marking):
    """Each level becomes c a + p (1 - a), with c the text's colour, p the picture's, and a how far the letter
    covers the pixel, times opacity. Letters are those of the fonts that come with OpenCV (Latin, Greek,
    Cyrillic, Chinese, Japanese and more); a text that is wider than the picture is made smaller.
    """

    name: ClassVar[str] = "watermark"
    summary: ClassVar[str] = "a text laid over the picture, once or all over"
    example: ClassVar[str] = "text=© DPIP,size=12%"

    text: str = Field("©", min_length=1, max_length=200, description="one line")
    size: Length = Field("5%", description="height of the letters; of the shorter side")
    colour: CssColour = Field("#ffffff", description="of the letters")
    shadow: bool = Field(
        True, description="a dark glow behind the letters, so that they are seen on any ground"
    )

    @field_validator("text")
    @classmethod
    def _printable(cls, text: str) -> str:
        if not text.strip() or not text.isprintable():
            raise ValueError(f"text must be one line of letters that can be seen, and {text[:60]!r} is not")
        return text

    def mark(self, room: Size) -> Mark:
        return lettered(self.text, self._height(room), self.colour, shadow=self.shadow)

    def mark_pixels(self, room: Size) -> int:
        height = max(1, in_pixels(self.size, min(room)))
        return min(int(_LETTER_WIDTH * len(self.text) * height), room.width) * min(2 * height, room.height)

    def _height(self, room: Size) -> int:
        return fitting_height(self.text, max(1, in_pixels(self.size, min(room))), room)
