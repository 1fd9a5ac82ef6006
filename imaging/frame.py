"""One whole picture of several in a file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from imaging.picture import Picture


@dataclass(frozen=True, slots=True)
class Frame:
    picture: Picture
    seconds: Fraction = Fraction(0)  # how long it is shown; pages are not
