"""WebP (RFC 9649): chunks in a RIFF container."""

# ruff: noqa: ARG001 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from imaging.exif import orientation
from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take, take_at
from imaging.structure import UPRIGHT, Header

_TITLE = "WebP"
_RIFF_HEADER = 12
FRAME_HEADER = 16  # bytes
_MAX_CHUNKS = 100_000
_MAX_METADATA = 16 * 2**20
ANIMATION, _XMP_FLAG, _EXIF_FLAG, ALPHA, _ICC_FLAG = 0x02, 0x04, 0x08, 0x10, 0x20
_LOSSY_START, _LOSSLESS_START = b"\x9d\x01\x2a", 0x2F


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    offset: int  # of the data
    length: int  # of the data


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where and when a frame of an animation is shown. Sizes in pixels."""

    left: int
    top: int
    width: int
    height: int
    milliseconds: int
    over: bool  # blended with what is there
    clears: bool  # its area is cleared afterwards

    @classmethod
    def of(cls, header: bytes) -> FramePlace:
        """Of the first `FRAME_HEADER` bytes of a frame."""
        left, top, width, height, time = (
            int.from_bytes(header[at : at + 3], "little") for at in range(0, 15, 3)
        )
        flags = header[15]
        return cls(2 * left, 2 * top, width + 1, height + 1, time, not flags & 2, bool(flags & 1))

    @property
    def raw(self) -> bytes:
        numbers = (self.left // 2, self.top // 2, self.width - 1, self.height - 1, self.milliseconds)
        flags = (0 if self.over else 2) | int(self.clears)
        return b"".join(number.to_bytes(3, "little") for number in numbers) + bytes((flags,))

    def within(self, width: int, height: int) -> bool:
        return self.left + self.width <= width and self.top + self.height <= height


def chunks(stream: BinaryIO, size_bytes: int) -> Iterator[_Chunk]:
    position = _RIFF_HEADER
    for _ in range(_MAX_CHUNKS):
        if position + 8 > size_bytes:
            return
        stream.seek(position)
        kind, length = struct.unpack("<4sI", take(stream, 8, _TITLE))
        yield _Chunk(kind, position + 8, length)
        position += 8 + length + length % 2
    raise broken(_TITLE, f"more than {_MAX_CHUNKS:,} chunks")


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    canvas: tuple[int, int] | None = None
    picture: tuple[int, int, bool] | None = None
    alpha, lossless, frames, plays, turned = False, False, 0, 1, UPRIGHT
    for chunk in chunks(stream, size_bytes):
        stream.seek(chunk.offset)
        if chunk.kind == b"VP8X":
            flags, extent = struct.unpack("<I6s", take(stream, 10, _TITLE))
            canvas = 1 + int.from_bytes(extent[:3], "little"), 1 + int.from_bytes(extent[3:], "little")
            alpha = bool(flags & ALPHA)
        elif chunk.kind in (b"VP8 ", b"VP8L") and picture is None:
            picture = (_lossy if chunk.kind == b"VP8 " else _lossless)(take(stream, 10, _TITLE))
            lossless = chunk.kind == b"VP8L"
        elif chunk.kind == b"ANIM":
            _, plays = struct.unpack("<IH", take(stream, 6, _TITLE))
        elif chunk.kind == b"ANMF":
            place = FramePlace.of(take(stream, FRAME_HEADER, _TITLE))
            alpha = alpha or place.clears or (not frames and (place.width, place.height) != canvas)
            if canvas is None or not place.within(*canvas):
                raise broken(_TITLE, "a frame lies outside its canvas")
            lossless = lossless or take(stream, 4, _TITLE) == b"VP8L"
            frames += 1
        elif chunk.kind == b"EXIF" and chunk.offset + chunk.length <= size_bytes:
            turned = orientation(
                take(stream, min(chunk.length, 65_536), _TITLE).removeprefix(b"Exif\x00\x00")
            )
    size = canvas or (picture[:2] if picture else None)
    if size is None:
        raise broken(_TITLE, "it holds no picture")
    return Header(
        "webp",
        *size,
        size_bytes,
        has_alpha=alpha or bool(picture and picture[2]),
        frames=max(1, frames),
        plays=plays,
        composed=frames > 0,
        orientation=turned,
        subsampled=not lossless,
        lossless=lossless,
    )


def _lossy(start: bytes) -> tuple[int, int, bool]:
    if start[3:6] != _LOSSY_START:
        raise broken(_TITLE, "its picture does not begin with a key frame")
    width, height = struct.unpack_from("<HH", start, 6)
    return width & 0x3FFF, height & 0x3FFF, False


def _lossless(start: bytes) -> tuple[int, int, bool]:
    if start[0] != _LOSSLESS_START:
        raise broken(_TITLE, "its lossless picture does not begin with its signature")
    (bits,) = struct.unpack_from("<I", start, 1)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """The container says how long it is, and so does every chunk."""
    (length,) = struct.unpack("<I", take_at(stream, 4, 4, _TITLE))
    if size_bytes < length + 8:
        raise cut_off(_TITLE, f"it says it has {length + 8:,} bytes, and {size_bytes:,} are there")


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    found: dict[bytes, bytes] = {}
    for chunk in chunks(stream, size_bytes):
        if chunk.kind in (b"ICCP", b"EXIF", b"XMP ") and chunk.length <= _MAX_METADATA:
            stream.seek(chunk.offset)
            found.setdefault(chunk.kind, stream.read(chunk.length))
    exif = found.get(b"EXIF")
    return Metadata(
        found.get(b"ICCP"), exif.removeprefix(b"Exif\x00\x00") if exif else None, found.get(b"XMP ")
    )


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """Metadata needs the extended layout: VP8X, ICCP, the picture's own chunks, EXIF, XMP."""
    parts = ((b"ICCP", metadata.icc), (b"EXIF", metadata.exif), (b"XMP ", metadata.xmp))
    if all(data is None for _, data in parts):
        return encoded
    flags = sum(
        flag
        for flag, (_, data) in zip((_ICC_FLAG, _EXIF_FLAG, _XMP_FLAG), parts, strict=True)
        if data is not None
    )
    view = memoryview(encoded)
    first, extent = bytes(view[12:16]), b""
    body = view[_RIFF_HEADER : 8 + struct.unpack_from("<I", encoded, 4)[0]]
    if first == b"VP8X":
        flags |= encoded[20]
        extent, body = bytes(view[24:30]), body[18:]
    else:
        width, height, alpha = (_lossy if first == b"VP8 " else _lossless)(bytes(view[20:30]))
        flags |= ALPHA if alpha else 0
        extent = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = chunk_bytes(b"VP8X", struct.pack("<I", flags) + extent)
    written = [None if data is None else chunk_bytes(kind, data) for kind, data in parts]
    pieces = [extended, written[0], body, written[1], written[2]]
    content = b"".join((b"WEBP", *(piece for piece in pieces if piece is not None)))
    return b"RIFF" + struct.pack("<I", len(content)) + content


def chunk_bytes(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
