"""The list of pictures in a JPEG that holds several (CIPA DC-007, Multi-Picture Format): pairs, bursts.

The others stand behind the first one's end. Larger previews of the same picture are listed there, too.
"""

from __future__ import annotations

import struct

MARK = b"MPF\x00"
_ENTRIES = 0xB002
_ENTRY_BYTES = 16
_KIND = 0xFFFFFF  # of an entry's first number
_PREVIEWS = frozenset({0x010001, 0x010002})
_MAX_PICTURES = 1000


def others(index: bytes) -> int:
    """Pictures beside the first, told by the index (a TIFF structure); 0 where it is broken."""
    order = {b"II": "<", b"MM": ">"}.get(index[:2])
    if order is None:
        return 0
    try:
        (start,) = struct.unpack_from(order + "I", index, 4)
        (count,) = struct.unpack_from(order + "H", index, start)
        for number in range(count):
            tag, _, size, place = struct.unpack_from(order + "HHII", index, start + 2 + 12 * number)
            if tag == _ENTRIES:
                pictures = min(size // _ENTRY_BYTES, _MAX_PICTURES)
                kinds = [
                    struct.unpack_from(order + "I", index, place + _ENTRY_BYTES * entry)[0] & _KIND
                    for entry in range(1, pictures)
                ]
                return sum(kind not in _PREVIEWS for kind in kinds)
    except struct.error:
        pass
    return 0
