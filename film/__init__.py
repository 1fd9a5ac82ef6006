"""Videos: what they are, taken apart into frames, joined from frames. PyAV is met here alone, and only in a
process of its own (`python -m film`), which has limits and may die: files of strangers are decoded there.
"""

from __future__ import annotations

from film.formats import SNIFFED_BYTES, VIDEO_FORMATS, VideoFormat, sniff
from film.limits import VideoLimits
from film.processes import Joiner, Splitter, available, probe

__all__ = [
    "SNIFFED_BYTES",
    "VIDEO_FORMATS",
    "Joiner",
    "Splitter",
    "VideoFormat",
    "VideoLimits",
    "available",
    "probe",
    "sniff",
]
