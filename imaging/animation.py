"""What animations of all formats are made of: parts that are laid onto a canvas, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction

from imaging.structure import Header


class Afterwards(Enum):
    """What becomes of a part's area before the next part is laid."""

    KEEP = auto()
    CLEAR = auto()  # transparent
    RESTORE = auto()  # as it was before the part


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the canvas, as a file of its own in the animation's format. Sizes in pixels."""

    data: bytes
    header: Header  # of `data`
    left: int
    top: int
    seconds: Fraction
    over: bool = False  # blended with what is there; else it takes its place
    afterwards: Afterwards = Afterwards.KEEP


@dataclass(frozen=True, slots=True)
class Film:
    """What holds for a whole animation."""

    width: int
    height: int
    plays: int  # 0: for ever
    has_alpha: bool


class Clock:
    """Durations in whole ticks whose sum stays true: what one frame loses by rounding the next one gets."""

    def __init__(self, ticks_per_second: int, most: int) -> None:
        self._rate, self._most = ticks_per_second, most
        self._shown = 0
        self._true = Fraction(0)

    def ticks(self, seconds: Fraction) -> int:
        self._true += seconds
        ticks = max(0, round(self._true * self._rate) - self._shown)
        self._shown += ticks
        return min(ticks, self._most)
