"""What one way through a picture comes to, before metadata is put along."""

from __future__ import annotations

from dataclasses import dataclass

from dpip.domain import Timings

THE_LONG_WAY = "decoded, filtered, encoded"


@dataclass(frozen=True, slots=True)
class Made:
    """An encoded picture, without metadata unless it is whole."""

    encoded: bytes
    format: str  # a key of FORMATS
    width: int  # pixels
    height: int
    gray: bool  # shown in one channel, whatever the format stores
    timings: Timings
    path: str = THE_LONG_WAY  # for people
    whole: bool = False  # metadata is in it
