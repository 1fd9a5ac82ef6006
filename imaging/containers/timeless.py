"""ISO media files without the time of their making: the same frames are the same file.

Encoders write it.
"""

from __future__ import annotations

import io

from imaging.containers.boxes import boxes

_HOLDERS = frozenset({b"moov", b"trak", b"mdia"})
_DATED = frozenset({b"mvhd", b"tkhd", b"mdhd"})  # movie, track, media: made when, changed when


def timeless(data: bytes, title: str) -> bytes:
    """Both times are set to nothing. The title is for errors."""
    file = bytearray(data)
    stream = io.BytesIO(data)
    places = [(0, len(data))]
    while places:
        for box in boxes(stream, *places.pop(), title):
            if box.kind in _HOLDERS:
                places.append((box.offset, box.end))
            elif box.kind in _DATED:
                both = 16 if data[box.offset] else 8  # bytes, by the version of the box
                file[box.offset + 4 : box.offset + 4 + both] = bytes(both)
    return bytes(file)
