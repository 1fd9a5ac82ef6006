"""The header of a picture as its container states it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from imaging.formats import FORMATS

UPRIGHT = 1
_BYTE = 8  # bits
_FIRST_SIDEWAYS = 5  # EXIF orientations 5 to 8 swap width and height


class Colour(StrEnum):
    """How a file stores its colours."""

    GRAY = "gray"
    RGB = "rgb"  # YCbCr too: it is decoded to RGB
    PALETTE = "palette"
    CMYK = "cmyk"


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its picture. Sizes in pixels unless they say otherwise."""

    format: str  # a key of FORMATS
    width: int  # as stored
    height: int
    size_bytes: int = 0
    bit_depth: int = 8  # bits per sample
    colour: Colour = Colour.RGB
    has_alpha: bool = False
    frames: int = 1  # of an animation; or pages
    plays: int = 1  # how often an animation runs; 0: for ever
    pages: tuple[Header, ...] = ()  # where there are several, and each may be of another kind
    composed: bool = False  # made of parts that are laid over each other: frames, or less than the canvas
    still_apart: bool = False  # a PNG with a picture that is no frame of its animation
    others: int = 0  # pictures that stand beside the one that is read: of a burst, of a stereo pair
    orientation: int = UPRIGHT  # EXIF, 1 to 8
    subsampled: bool = False  # JPEG: colour is stored at a lower resolution than light
    progressive: bool = False  # JPEG: every coefficient is held until the last scan is read
    lossless: bool = True
    plain: bool = True  # nothing that only Pillow decodes right; each codec knows what that means

    @property
    def media_type(self) -> str:
        return FORMATS[self.format].media_type

    @property
    def extension(self) -> str:
        """With its dot."""
        return FORMATS[self.format].extension

    @property
    def title(self) -> str:
        return FORMATS[self.format].title

    @property
    def sideways(self) -> bool:
        return self.orientation >= _FIRST_SIDEWAYS

    @property
    def oriented_width(self) -> int:
        """Width once the EXIF orientation is applied."""
        return self.height if self.sideways else self.width

    @property
    def oriented_height(self) -> int:
        return self.width if self.sideways else self.height

    @property
    def is_deep(self) -> bool:
        """16 bits per sample."""
        return self.bit_depth > _BYTE

    @property
    def total_pixels(self) -> int:
        """Of all frames or pages together."""
        if self.pages:
            return sum(page.width * page.height for page in self.pages)
        return self.frames * self.width * self.height

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    @property
    def channels(self) -> int:
        """Of the decoded picture: 1 or 3, one more with alpha."""
        return (1 if self.colour is Colour.GRAY else 3) + self.has_alpha
