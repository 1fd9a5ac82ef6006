"""What stored bytes are called and sent as: images, and videos."""

from __future__ import annotations

from film import VIDEO_FORMATS, VideoFormat
from imaging import FORMATS, Format


def format_of(name: str) -> Format | VideoFormat:
    """By the name that is kept with the bytes."""
    return FORMATS.get(name) or VIDEO_FORMATS[name]
