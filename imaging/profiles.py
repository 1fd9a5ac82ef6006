"""ICC colour profiles (ICC.1): what they are for, and the gray one that belongs to one in colour."""

from __future__ import annotations

import struct

_HEADER = 128
_SPACE = slice(16, 20)
_MAX_TAGS = 100
_GRAY, _RGB = b"GRAY", b"RGB "


def fitting(icc: bytes | None, *, gray: bool) -> bytes | None:
    """The profile to store with a picture of one channel (`gray`) or of three.

    A profile of three colours must not stand in a gray file. Its tone curve is what gray pixels are to
    be read by, so a gray profile is made of that. None when there is none that fits.
    """
    if icc is None or len(icc) < _HEADER:
        return None
    space = icc[_SPACE]
    if space == (_GRAY if gray else _RGB):
        return icc
    return _tone_only(icc) if gray and space == _RGB else None


def _tone_only(icc: bytes) -> bytes | None:
    tags = _tags(icc)
    curve, white = tags.get(b"gTRC"), tags.get(b"wtpt")
    if curve is None or white is None or icc[20:24] != b"XYZ ":
        return None  # a profile of tables: it has no tone curve of its own
    text = b"Tone curve of a colour profile\x00"
    name = b"desc\x00\x00\x00\x00" + struct.pack(">I", len(text)) + text + bytes(78)
    mark = b"text\x00\x00\x00\x00No copyright, use freely\x00"
    return _written(icc, {b"desc": name, b"cprt": mark, b"wtpt": white, b"kTRC": curve})


def _tags(icc: bytes) -> dict[bytes, bytes]:
    found = {}
    try:
        (count,) = struct.unpack_from(">I", icc, _HEADER)
        for index in range(min(count, _MAX_TAGS)):
            name, start, length = struct.unpack_from(">4sII", icc, _HEADER + 4 + 12 * index)
            if start + length <= len(icc):
                found[name] = icc[start : start + length]
    except struct.error:
        pass
    return found


def _written(origin: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A version 2 display profile for gray, with the dates and the rendering of `origin`."""
    place = _HEADER + 4 + 12 * len(tags)
    table, bodies = [struct.pack(">I", len(tags))], []
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table.append(struct.pack(">4sII", name, place, len(body)))
        bodies.append(padded)
        place += len(padded)
    header = bytearray(origin[:_HEADER])
    header[0:4] = struct.pack(">I", place)
    header[8:12] = b"\x02\x40\x00\x00"  # version 2.4
    header[12:24] = b"mntr" + _GRAY + b"XYZ "
    header[84:100] = bytes(16)  # the profile's identity, not computed
    return b"".join((bytes(header), *table, *bodies))
