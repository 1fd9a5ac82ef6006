"""How much of a picture is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from dpip.errors import Malformed, TooLarge

MEBIBYTE = 2**20
_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that are checked on pipeline and header, before decoding, and once more while decoding."""

    max_bytes: int = 256 * MEBIBYTE  # of the encoded file
    max_megapixels: float = 200.0  # of one frame or page
    max_side: int = 65_535  # pixels, width and height alike
    max_frames: int = 1000  # pages of a TIFF, frames of an animation
    max_total_megapixels: float = 1000.0  # of all frames or pages together
    max_output_megapixels: float = 200.0  # of what a filter makes, between and at the end
    max_steps: int = 16  # of a pipeline; where it branches, for each output
    max_total_steps: int = 48  # of a pipeline with all its branches
    max_seconds: float = 240.0  # for one file, from its bytes to the result's

    @property
    def max_pixels(self) -> int:
        return int(self.max_megapixels * _MEGA)

    def check_steps(self, longest: int, in_all: int | None = None) -> None:
        """Steps that are run for one output, and for all of them. Raises `Malformed`."""
        if longest > self.max_steps:
            raise Malformed(
                f"the filter has {longest:,} steps; at most {self.max_steps:,} are run for an output"
            )
        if in_all is not None and in_all > self.max_total_steps:
            raise Malformed(
                f"the filter has {in_all:,} steps in all; at most {self.max_total_steps:,} are run"
            )

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
                f"the picture says it is {width:,} x {height:,} pixels, {width * height / _MEGA:,.1f} "
                f"megapixels; at most {self.max_megapixels:g} megapixels are taken"
            )
        if max(width, height) > self.max_side:
            raise TooLarge(
                f"the picture says it is {width:,} x {height:,} pixels; "
                f"neither side may be longer than {self.max_side:,}"
            )

    def check_frames(self, frames: int, pixels: int, title: str) -> None:
        """`pixels` of all frames together. Raises `TooLarge`."""
        if frames > self.max_frames:
            raise TooLarge(
                f"the {title} file holds {frames:,} pictures (frames of an animation, or pages); "
                f"at most {self.max_frames:,} are taken"
            )
        if pixels > self.max_total_megapixels * _MEGA:
            raise TooLarge(
                f"the {frames:,} pictures in the {title} file have {pixels / _MEGA:,.1f} megapixels "
                f"together; at most {self.max_total_megapixels:g} are taken"
            )

    def check_output(self, width: int, height: int, step: str, frames: int = 1) -> None:
        """What a step of a pipeline would make of each of `frames` pictures. Raises `TooLarge`."""
        pixels = width * height
        if pixels > self.max_output_megapixels * _MEGA:
            raise TooLarge(
                f"{step} would make a picture of {width:,} x {height:,} pixels, {pixels / _MEGA:,.1f} "
                f"megapixels; at most {self.max_output_megapixels:g} are made"
            )
        if max(width, height) > self.max_side:
            raise TooLarge(
                f"{step} would make a picture of {width:,} x {height:,} pixels; "
                f"neither side may be longer than {self.max_side:,}"
            )
        total = max(self.max_total_megapixels, self.max_output_megapixels)
        if pixels * frames > total * _MEGA:
            raise TooLarge(
                f"{step} would make {frames:,} pictures of {width:,} x {height:,} pixels; "
                f"at most {total:g} megapixels are made of one file"
            )
