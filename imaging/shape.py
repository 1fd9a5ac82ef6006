"""The measures of a decoded picture, without its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """What memory is estimated from. Sizes in pixels."""

    width: int
    height: int
    channels: int
    bytes_per_sample: int
    has_alpha: bool = False  # not counted in `channels`

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def size_bytes(self) -> int:
        """Of the colours, without alpha."""
        return self.pixels * self.channels * self.bytes_per_sample

    @property
    def alpha_bytes(self) -> int:
        return self.pixels * self.bytes_per_sample if self.has_alpha else 0
