"""Animations in WebP (RFC 9649): frames in chunks, each with the chunks of a picture in it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from fractions import Fraction

from imaging.animation import Afterwards, Clock, Film, Part
from imaging.containers.webp import (
    ALPHA,
    ANIMATION,
    FRAME_HEADER,
    FramePlace,
    chunk_bytes,
    chunks,
    read_header,
)
from imaging.reading import broken

_TITLE = "WebP"
_MILLISECONDS = 1000
_MOST_TICKS, _MOST_PLAYS = 2**24 - 1, 0xFFFF
_PICTURE_KINDS = (b"ALPH", b"VP8 ", b"VP8L")


def split(data: bytes) -> Iterator[Part]:
    """The frames, one by one, each as a WebP of its own size."""
    view = memoryview(data)
    for chunk in chunks(io.BytesIO(data), len(data)):
        if chunk.kind != b"ANMF":
            continue
        content = view[chunk.offset : chunk.offset + chunk.length]
        if len(content) < max(chunk.length, FRAME_HEADER):
            raise broken(_TITLE, "a frame reaches beyond the end")
        place = FramePlace.of(bytes(content[:FRAME_HEADER]))
        own = _file(bytes(content[FRAME_HEADER:]), place)
        header = read_header(io.BytesIO(own), len(own))
        if (header.width, header.height) != (place.width, place.height):
            raise broken(_TITLE, "a frame is of another size than it says")
        yield Part(
            own,
            header,
            place.left,
            place.top,
            Fraction(place.milliseconds, _MILLISECONDS),
            over=place.over,
            afterwards=Afterwards.CLEAR if place.clears else Afterwards.KEEP,
        )


def _file(content: bytes, place: FramePlace) -> bytes:
    found = _picture_chunks(content, 0)
    if b"ALPH" in found:
        found = {b"VP8X": _extended(ALPHA, place.width, place.height)} | found
    body = b"WEBP" + b"".join(chunk_bytes(kind, piece) for kind, piece in found.items())
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _picture_chunks(data: bytes, start: int) -> dict[bytes, bytes]:
    """Alpha, then the picture."""
    found: dict[bytes, bytes] = {}
    padded = io.BytesIO(bytes(12) + data[start:])  # a file begins with 12 bytes of its own
    for chunk in chunks(padded, len(data) - start + 12):
        if chunk.kind in _PICTURE_KINDS and chunk.kind not in found:
            padded.seek(chunk.offset)
            found[chunk.kind] = padded.read(chunk.length)
    return {kind: found[kind] for kind in _PICTURE_KINDS if kind in found}


def _extended(flags: int, width: int, height: int) -> bytes:
    return struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def joined(film: Film, parts: Iterator[Part]) -> bytes:
    """An animation of WebP files of one picture each; they lie at even places."""
    flags = ANIMATION | (ALPHA if film.has_alpha else 0)
    pieces = [
        chunk_bytes(b"VP8X", _extended(flags, film.width, film.height)),
        chunk_bytes(b"ANIM", struct.pack("<IH", 0, min(film.plays, _MOST_PLAYS))),
    ]
    clock = Clock(_MILLISECONDS, _MOST_TICKS)
    for part in parts:
        place = FramePlace(
            part.left,
            part.top,
            part.header.width,
            part.header.height,
            clock.ticks(part.seconds),
            part.over,
            part.afterwards is Afterwards.CLEAR,
        )
        inner = _picture_chunks(part.data, 12)
        pieces.append(
            chunk_bytes(
                b"ANMF", place.raw + b"".join(chunk_bytes(kind, data) for kind, data in inner.items())
            )
        )
    body = b"".join((b"WEBP", *pieces))
    return b"RIFF" + struct.pack("<I", len(body)) + body
