"""PNM (PBM, PGM, PPM; text and binary): two characters, numbers parted by white space, samples."""

# ruff: noqa: ARG001, PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take_at
from imaging.structure import Colour, Header

TITLE = "PNM"
_LONGEST_HEADER = 64 * 1024  # bytes, with all comments
_MOST = 65_535  # of a sample
_LONGEST_NUMBER = 10  # digits


@dataclass(frozen=True, slots=True)
class Raster:
    """How the samples lie in the file."""

    kind: int  # 1 to 6, as in the file's first two bytes
    width: int
    height: int
    most: int  # the value that means full light
    start: int  # byte of the first sample

    @property
    def is_text(self) -> bool:
        return self.kind <= 3

    @property
    def is_bits(self) -> bool:
        """A bit a pixel; a set one is black."""
        return self.kind in (1, 4)

    @property
    def channels(self) -> int:
        return 3 if self.kind in (3, 6) else 1

    @property
    def row_bytes(self) -> int:
        """Of binary files."""
        if self.is_bits:
            return (self.width + 7) // 8
        return self.width * self.channels * (2 if self.most > 255 else 1)

    @property
    def least_bytes(self) -> int:
        """That the samples need, with a digit each in text, and white space between them but in bitmaps."""
        samples = self.width * self.height * self.channels
        if self.is_text:
            return samples if self.is_bits else 2 * samples - 1
        return self.row_bytes * self.height


def raster_of(beginning: bytes) -> Raster:
    """Raises `Unprocessable`."""
    kind = beginning[1] - ord("0")
    wanted = 2 if kind in (1, 4) else 3
    numbers: list[int] = []
    position = 2
    while len(numbers) < wanted:
        position = _past_space(beginning, position)
        end = position
        while end - position <= _LONGEST_NUMBER and beginning[end : end + 1].isdigit():
            end += 1
        if not position < end < len(beginning) or end - position > _LONGEST_NUMBER:
            raise broken(TITLE, "its header is not whole: it has a width, a height and a greatest value")
        numbers.append(int(beginning[position:end]))
        position = end
    if not beginning[position : position + 1].isspace():
        raise broken(TITLE, "no white space behind its header")
    most = 1 if wanted == 2 else numbers[2]
    if not 1 <= most <= _MOST:
        raise broken(TITLE, f"its greatest value is {most:,}; 1 to {_MOST:,} are read")
    return Raster(kind, numbers[0], numbers[1], most, position + 1)


def _past_space(text: bytes, position: int) -> int:
    """Behind white space and comments, which end with their line."""
    while position < len(text):
        if text[position : position + 1] == b"#":
            line_end = text.find(b"\n", position)
            position = len(text) if line_end < 0 else line_end
        elif not text[position : position + 1].isspace():
            break
        position += 1
    return position


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    raster = raster_of(take_at(stream, 0, min(size_bytes, _LONGEST_HEADER), TITLE))
    return Header(
        "pnm",
        raster.width,
        raster.height,
        size_bytes,
        bit_depth=16 if raster.most > 255 else 8,
        colour=Colour.RGB if raster.channels == 3 else Colour.GRAY,
        plain=not raster.is_text,
    )


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    raster = raster_of(take_at(stream, 0, min(size_bytes, _LONGEST_HEADER), TITLE))
    if size_bytes < raster.start + raster.least_bytes:
        raise cut_off(
            TITLE,
            f"its samples need {raster.start + raster.least_bytes:,} bytes, and {size_bytes:,} are there",
        )


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    return Metadata()


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """Nothing has a place."""
    return encoded
