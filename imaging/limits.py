"""How much of a picture is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from dpip.errors import TooLarge, Unprocessable

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that are checked on the header, before a pixel is decoded."""

    max_bytes: int = 256 * MEBIBYTE  # of the encoded file
    max_megapixels: float = 200.0
    max_side: int = 65_535  # pixels, width and height alike
    max_frames: int = 1  # pages of a TIFF, frames of an animation

    @property
    def max_pixels(self) -> int:
        return int(self.max_megapixels * 1e6)

    def check_bytes(self, size_bytes: int) -> None:
        """Raises `TooLarge`."""
        if size_bytes > self.max_bytes:
            raise TooLarge(
                f"the file has {size_bytes:,} bytes; at most {self.max_bytes:,} "
                f"({self.max_bytes / MEBIBYTE:g} MiB) are taken"
            )

    def check_size(self, width: int, height: int) -> None:
        """Raises `TooLarge`."""
        if width * height > self.max_pixels:
            raise TooLarge(
                f"the picture says it is {width:,} x {height:,} pixels, {width * height / 1e6:,.1f} "
                f"megapixels; at most {self.max_megapixels:g} megapixels are taken"
            )
        if max(width, height) > self.max_side:
            raise TooLarge(
                f"the picture says it is {width:,} x {height:,} pixels; "
                f"neither side may be longer than {self.max_side:,}"
            )

    def check_frames(self, frames: int, what: str) -> None:
        """Raises `Unprocessable`."""
        if frames > self.max_frames:
            raise Unprocessable(
                f"this {what} holds {frames:,} pictures (an animation, or pages); DPIP filters files that "
                "hold a single one, and will not throw the others away: split it, and upload them one by one"
            )
