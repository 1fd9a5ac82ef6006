"""Animations in PNG: control chunks, and pixels in chunks of their own (PNG, third edition)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from imaging.animation import Afterwards, Film, Part
from imaging.containers import png
from imaging.reading import broken

_TITLE = "PNG"
_HEADER_DATA = slice(16, 29)
_CONTROL = struct.Struct(">IIIIIHHBB")
_DEFAULT_DENOMINATOR = 100
_OVER = 1
_AFTERWARDS = {0: Afterwards.KEEP, 1: Afterwards.CLEAR, 2: Afterwards.RESTORE}
_CODES = {value: key for key, value in _AFTERWARDS.items()}
_SHARED = (b"PLTE", b"tRNS")  # chunks that hold for all frames


@dataclass(slots=True)
class _Frame:
    control: bytes
    pixels: list[bytes | memoryview]


def _frames(data: bytes) -> Iterator[tuple[_Frame, bytes]]:
    """Each with the chunks that all share."""
    view = memoryview(data)
    shared: list[bytes] = []
    frame: _Frame | None = None
    for chunk in png.chunks(io.BytesIO(data), len(data)):
        content = view[chunk.offset : chunk.offset + chunk.length]
        if len(content) < chunk.length:
            raise broken(_TITLE, "a chunk reaches beyond the end")
        if chunk.kind in _SHARED:
            shared.append(png.chunk_bytes(chunk.kind, bytes(content)))
        elif chunk.kind == b"fcTL":
            if frame is not None:
                yield frame, b"".join(shared)
            if chunk.length != _CONTROL.size:
                raise broken(_TITLE, "a frame's control chunk of a wrong length")
            frame = _Frame(bytes(content), [])
        elif frame is not None and chunk.kind == b"IDAT":
            frame.pixels.append(content)
        elif frame is not None and chunk.kind == b"fdAT":
            frame.pixels.append(content[4:])  # behind its number
    if frame is not None:
        yield frame, b"".join(shared)


def split(data: bytes) -> Iterator[Part]:
    """The frames, one by one, each as a PNG of its own size."""
    first_header = data[_HEADER_DATA]
    for number, (frame, shared) in enumerate(_frames(data)):
        _, width, height, left, top, numerator, denominator, after, blend = _CONTROL.unpack(frame.control)
        own = b"".join(
            (
                png.SIGNATURE,
                png.chunk_bytes(b"IHDR", struct.pack(">II", width, height) + first_header[8:]),
                shared,
                png.chunk_bytes(b"IDAT", b"".join(frame.pixels)),
                png.chunk_bytes(b"IEND", b""),
            )
        )
        afterwards = _AFTERWARDS.get(after, Afterwards.KEEP)
        if number == 0 and afterwards is Afterwards.RESTORE:
            afterwards = Afterwards.CLEAR  # there was nothing before it
        yield Part(
            own,
            png.read_header(io.BytesIO(own), len(own)),
            left,
            top,
            Fraction(numerator, denominator or _DEFAULT_DENOMINATOR),
            over=blend == _OVER,
            afterwards=afterwards,
        )


def joined(film: Film, parts: Iterator[Part]) -> bytes:
    """An animation of PNG files of one picture each, all of one kind; the first one is of full size."""
    pieces: list[bytes | memoryview] = []
    header, frames, sequence = b"", 0, 0
    for part in parts:
        view = memoryview(part.data)
        if not frames:
            header = part.data[_HEADER_DATA]
        elif part.data[_HEADER_DATA][8:] != header[8:]:
            raise broken(_TITLE, "its frames are of different kinds")
        seconds = part.seconds.limit_denominator(0xFFFF)
        control = _CONTROL.pack(
            sequence,
            part.header.width,
            part.header.height,
            part.left,
            part.top,
            min(seconds.numerator, 0xFFFF),
            seconds.denominator,
            _CODES[part.afterwards],
            int(part.over),
        )
        pieces.append(png.chunk_bytes(b"fcTL", control))
        sequence += 1
        for chunk in png.chunks(io.BytesIO(part.data), len(part.data)):
            if chunk.kind == b"IDAT":
                pixels = view[chunk.offset : chunk.offset + chunk.length]
                if frames:
                    pieces.append(png.chunk_bytes(b"fdAT", struct.pack(">I", sequence) + pixels))
                    sequence += 1
                else:
                    pieces.append(png.chunk_bytes(b"IDAT", bytes(pixels)))
        frames += 1
    start = (
        png.SIGNATURE,
        png.chunk_bytes(b"IHDR", header),
        png.chunk_bytes(b"acTL", struct.pack(">II", frames, film.plays)),
    )
    return b"".join((*start, *pieces, png.chunk_bytes(b"IEND", b"")))
