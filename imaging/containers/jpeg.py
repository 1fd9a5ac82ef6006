"""JPEG (ISO/IEC 10918-1): a row of segments, each a marker and mostly a length."""

# ruff: noqa: ARG001, PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from imaging.containers import mpf
from imaging.exif import orientation
from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take, take_at, unread
from imaging.structure import UPRIGHT, Colour, Header

_TITLE = "JPEG"
_SOI, _EOI, _SOS, _DNL = 0xD8, 0xD9, 0xDA, 0xDC
_APP0, _APP1, _APP2 = 0xE0, 0xE1, 0xE2
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15: not DHT, JPG, DAC
_LOSSLESS_FRAMES = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_PROGRESSIVE_FRAMES = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM and RSTn have no length
_EXIF, _XMP, _ICC = b"Exif\x00\x00", b"http://ns.adobe.com/xap/1.0/\x00", b"ICC_PROFILE\x00"
_MAX_PAYLOAD = 65_533
_MAX_SEGMENTS = 10_000
MAX_SCANS = 100
_GRAY, _COLOUR, _FOUR_INKS = 1, 3, 4
_CHUNK = 1 << 20
_CM_PER_INCH = 2.54


@dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    offset: int  # of the payload
    length: int  # of the payload


def _segments(stream: BinaryIO) -> Iterator[_Segment]:
    """Those before the first scan, and its SOS itself."""
    position = 2
    for _ in range(_MAX_SEGMENTS):
        stream.seek(position)
        lead, marker = take(stream, 2, _TITLE)
        if lead != 0xFF:
            raise broken(_TITLE, f"no marker at byte {position}, where one belongs")
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker in _ALONE or marker == _SOI:
            position += 2
            continue
        if marker == _EOI:
            raise broken(_TITLE, "it ends before its picture begins")
        (length,) = struct.unpack(">H", take(stream, 2, _TITLE))
        if length < 2:
            raise broken(_TITLE, f"a segment of {length} bytes at byte {position}")
        yield _Segment(marker, position + 4, length - 2)
        if marker == _SOS:
            return
        position += 2 + length
    raise broken(_TITLE, f"more than {_MAX_SEGMENTS:,} segments before its picture")


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    """Up to the first scan."""
    frame: tuple[int, bytes] | None = None
    turned, at_once, others = UPRIGHT, 0, 0
    for segment in _segments(stream):
        if segment.marker == _SOS:
            at_once = take_at(stream, segment.offset, 1, _TITLE)[0]
        elif segment.marker in _FRAMES and frame is None:
            frame = segment.marker, take_at(stream, segment.offset, segment.length, _TITLE)
        elif segment.marker == _APP1 and turned == UPRIGHT:
            payload = take_at(stream, segment.offset, segment.length, _TITLE)
            if payload.startswith(_EXIF):
                turned = orientation(payload[len(_EXIF) :])
        elif segment.marker == _APP2 and take_at(stream, segment.offset, 4, _TITLE) == mpf.MARK:
            payload = take_at(stream, segment.offset, segment.length, _TITLE)
            others = mpf.others(payload[len(mpf.MARK) :])
    if frame is None:
        raise broken(_TITLE, "no frame header before its first scan")
    header = _header(*frame, turned, size_bytes, at_once)
    return replace(header, others=others) if others else header


def _header(marker: int, frame: bytes, turned: int, size_bytes: int, at_once: int) -> Header:
    """`at_once` are the components in the first scan."""
    if len(frame) < 6:
        raise broken(_TITLE, "its frame header is too short")
    depth, height, width, components = struct.unpack_from(">BHHB", frame)
    if depth != 8 or marker in _LOSSLESS_FRAMES:
        raise unread(_TITLE, f"{depth} bits per sample or lossless coding; 8 bits, lossy, are")
    if components not in (_GRAY, _COLOUR, _FOUR_INKS) or len(frame) < 6 + 3 * components:
        raise unread(_TITLE, f"{components} colour components; 1, 3 or 4 are")
    if height == 0:
        raise unread(_TITLE, "its height is left to a later segment (DNL)")
    sampling = [frame[7 + 3 * index] for index in range(components)]
    return Header(
        "jpeg",
        width,
        height,
        size_bytes,
        colour={_GRAY: Colour.GRAY, _COLOUR: Colour.RGB, _FOUR_INKS: Colour.CMYK}[components],
        orientation=turned,
        subsampled=len(set(sampling)) > 1,
        progressive=marker in _PROGRESSIVE_FRAMES or at_once < components,
        lossless=False,
        plain=components != _FOUR_INKS,
    )


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:
    """Looks for the end-of-image marker: at the very end, then near it (cameras write padding, previews,
    even films behind it), then in all that follows the first scan's header."""
    scan = next((s.offset + s.length for s in _segments(stream) if s.marker == _SOS), size_bytes)
    last, tail = max(scan, size_bytes - 2), max(scan, size_bytes - _CHUNK // 16)
    places = ((last, size_bytes), (tail, last + 1), (scan, tail + 1))
    if not any(_has_end(stream, start, end) for start, end in places):
        raise cut_off(_TITLE, "its end-of-image marker is missing")


def _has_end(stream: BinaryIO, start: int, end: int) -> bool:
    stream.seek(start)
    last = b""
    while start < end:
        chunk = stream.read(min(_CHUNK, end - start))
        if not chunk:
            return False
        if b"\xff\xd9" in last + chunk:
            return True
        start, last = start + len(chunk), chunk[-1:]
    return False


def check_scans(data: bytes) -> None:
    """Raises `Unprocessable` for more scans than any encoder makes: each costs a pass over the picture,
    however little is in it."""
    scans = data.count(bytes((0xFF, _SOS)))
    if scans > MAX_SCANS:
        raise broken(_TITLE, f"it has {scans:,} scans; at most {MAX_SCANS} are read")


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    exif = xmp = dots = None
    profile: dict[int, bytes] = {}
    for segment in _segments(stream):
        if segment.marker not in (_APP0, _APP1, _APP2):
            continue
        payload = take_at(stream, segment.offset, segment.length, _TITLE)
        if payload.startswith(_EXIF) and exif is None:
            exif = payload[len(_EXIF) :]
        elif payload.startswith(_XMP) and xmp is None:
            xmp = payload[len(_XMP) :]
        elif payload.startswith(_ICC) and len(payload) > len(_ICC) + 2:
            profile[payload[len(_ICC)]] = payload[len(_ICC) + 2 :]
        elif payload.startswith(b"JFIF\x00") and len(payload) >= 12:
            dots = _density(payload)
    icc = b"".join(profile[number] for number in sorted(profile)) or None
    return Metadata(icc, exif, xmp, dots)


def _density(jfif: bytes) -> tuple[float, float] | None:
    unit, across, down = struct.unpack_from(">BHH", jfif, 7)
    if unit not in (1, 2) or not across or not down:
        return None
    factor = 1.0 if unit == 1 else _CM_PER_INCH
    return across * factor, down * factor


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """Segments go behind the JFIF segment, which the encoder writes first."""
    (length,) = struct.unpack_from(">H", encoded, 4)
    start = encoded[: 4 + length]
    if metadata.dots_per_inch is not None and start[6:11] == b"JFIF\x00":
        across, down = (max(1, min(round(value), 0xFFFF)) for value in metadata.dots_per_inch)
        start = start[:13] + struct.pack(">BHH", 1, across, down) + start[18:]
    added = []
    if metadata.exif is not None and len(metadata.exif) <= _MAX_PAYLOAD - len(_EXIF):
        added.append(_segment(_APP1, _EXIF + metadata.exif))
    if metadata.xmp is not None and len(metadata.xmp) <= _MAX_PAYLOAD - len(_XMP):
        added.append(_segment(_APP1, _XMP + metadata.xmp))
    added += _profile_segments(metadata.icc or b"")
    return b"".join((start, *added, memoryview(encoded)[4 + length :]))


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _profile_segments(icc: bytes) -> list[bytes]:
    room = _MAX_PAYLOAD - len(_ICC) - 2
    parts = [icc[start : start + room] for start in range(0, len(icc), room)]
    if len(parts) > 255:
        return []
    return [
        _segment(_APP2, _ICC + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, start=1)
    ]
