"""A copy of an EXIF block that fits the filtered picture."""

from __future__ import annotations

import struct

from PIL import Image

from imaging.structure import UPRIGHT

_ORIENTATION = 0x0112
_SUB_DIRECTORY = 0x8769
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003


def upright(exif: bytes, width: int, height: int) -> bytes | None:
    """A copy that says that the picture stands upright and has this size, without the old thumbnail.

    None when the block cannot be read.
    """
    block = Image.Exif()
    try:
        block.load(exif)
        block[_ORIENTATION] = UPRIGHT
        details = block.get_ifd(_SUB_DIRECTORY)
        if details:
            details[_PIXEL_WIDTH], details[_PIXEL_HEIGHT] = width, height
        written = block.tobytes()
    except (SyntaxError, ValueError, OSError, struct.error, KeyError, TypeError, IndexError, Warning):
        return None
    return written.removeprefix(b"Exif\x00\x00")
