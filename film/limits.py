"""How much of a video is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from dpip.domain import VideoFacts
from dpip.errors import TooLarge

_MEGA = 1e6
_BASE = 2**30  # bytes of address space for the libraries and their threads
_PIXEL = 600  # bytes for each pixel of a frame: those that a codec looks back and ahead at


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """Bounds that are checked on the headers, and once more on the way."""

    max_bytes: int = 4 * 2**30
    max_megapixels: float = 36.0  # of a frame; 8K has 33
    max_frames: int = 500_000
    max_seconds: float = 4 * 3600.0

    def check(self, facts: VideoFacts) -> None:
        """Raises `TooLarge`."""
        self.check_size(facts.width, facts.height)
        if facts.duration_s is not None and facts.duration_s > self.max_seconds:
            raise TooLarge(
                f"the video lasts {facts.duration_s:,.0f} s; at most {self.max_seconds:,.0f} are taken"
            )
        if facts.frames is not None:
            self.check_frames(facts.frames)

    def check_size(self, width: int, height: int) -> None:
        """Raises `TooLarge`."""
        if width * height > self.max_megapixels * _MEGA:
            raise TooLarge(
                f"the video's frames are {width:,} x {height:,} pixels; at most {self.max_megapixels:g} "
                "megapixels are taken"
            )

    def check_frames(self, count: int) -> None:
        """Raises `TooLarge`."""
        if count > self.max_frames:
            raise TooLarge(f"the video has {count:,} frames or more; at most {self.max_frames:,} are taken")


def memory_for(pixels: int) -> int:
    """Bytes of address space that a process gets for frames of so many pixels."""
    return _BASE + _PIXEL * pixels
