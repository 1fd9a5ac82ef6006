"""The orientation in an EXIF block. Broken EXIF is no reason to refuse a picture."""

from __future__ import annotations

import struct

from imaging.structure import UPRIGHT

_ORIENTATION = 0x0112
_SHORT = 3
_MAX_ENTRIES = 1000


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, of an EXIF block (a TIFF structure); 1 when it has none."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for index in range(min(count, _MAX_ENTRIES)):
            tag, kind, number, value = struct.unpack_from(order + "HHIH", exif, start + 2 + 12 * index)
            if tag == _ORIENTATION and kind == _SHORT and number == 1:
                return int(value)
    except struct.error:
        pass
    return UPRIGHT
