"""ICC colour profiles (ICC.1): what they are for, the gray one that belongs to one in colour, new ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_HEADER = 128
_SPACE = slice(16, 20)
_MAX_TAGS = 100
_GRAY, _RGB = b"GRAY", b"RGB "
_D50 = (0.9642, 1.0, 0.8249)
_POINTS = 1024  # of a tone curve


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
    about = _described("Tone curve of a colour profile")
    return _written(icc, _GRAY, {**about, b"wtpt": white, b"kTRC": curve})


def display_profile(name: str, primaries: Sequence[Sequence[float]]) -> bytes:
    """With the tone of sRGB. `primaries`: red, green and blue in XYZ, as adapted to D50."""
    curve = b"curv\x00\x00\x00\x00" + struct.pack(f">I{_POINTS}H", _POINTS, *_srgb_tone())
    columns = {
        kind: _xyz(primary) for kind, primary in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
    }
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    head = bytearray(_HEADER)
    head[36:40], head[68:80] = b"acsp", _xyz(_D50)[8:]
    return _written(bytes(head), _RGB, {**_described(name), b"wtpt": _xyz(_D50), **columns, **curves})


def _srgb_tone() -> Iterator[int]:
    for point in range(_POINTS):
        level = point / (_POINTS - 1)
        light = level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        yield round(65535 * light)


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \x00\x00\x00\x00" + struct.pack(">3i", *(round(65536 * value) for value in values))


def _described(name: str) -> dict[bytes, bytes]:
    text = name.encode() + b"\x00"
    described = b"desc\x00\x00\x00\x00" + struct.pack(">I", len(text)) + text + bytes(78)
    return {b"desc": described, b"cprt": b"text\x00\x00\x00\x00No copyright, use freely\x00"}


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


def _written(origin: bytes, space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A version 2 display profile, with the dates and the rendering of `origin`."""
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
    header[12:24] = b"mntr" + space + b"XYZ "
    header[84:100] = bytes(16)  # the profile's identity, not computed
    return b"".join((bytes(header), *table, *bodies))
