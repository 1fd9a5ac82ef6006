"""A video into frames, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.video.stream import VideoStream

from dpip.domain import VideoFacts
from film.colours import Colours, Pixels
from film.limits import VideoLimits
from film.opening import facts_of, opened, pictures_of, quarters, rate_of, time_base_of

_THREADS = 2  # the processors are for the workers


@dataclass(frozen=True, slots=True)
class SplitFrame:
    """A frame upright, as PNM. `pts` and `duration` in units of the video's time base."""

    pts: int
    duration: int
    pnm: bytes


def facts(path: Path, format_name: str, limits: VideoLimits) -> VideoFacts:
    """Raises `Unprocessable`, `UnsupportedFormat`, `TooLarge`."""
    with opened(path, format_name) as container:
        stream = pictures_of(container)
        limits.check_size(stream.width, stream.height)  # before anything is decoded
        found = facts_of(container, format_name)
    limits.check(found)
    return found


def split(path: Path, format_name: str, limits: VideoLimits) -> Iterator[SplitFrame]:
    """In the order of showing. Raises `Unprocessable`, `UnsupportedFormat`, `TooLarge`."""
    with opened(path, format_name) as container:
        stream = pictures_of(container)
        stream.thread_type = "AUTO"
        stream.thread_count = _THREADS
        stream.codec_context.options = {"err_detect": "explode"}
        usual = _usual_duration(stream)
        before: int | None = None
        for count, frame in enumerate(container.decode(stream), start=1):
            limits.check_frames(count)
            limits.check_size(frame.width, frame.height)
            pts = frame.pts
            if pts is None or (before is not None and pts <= before):
                pts = 0 if before is None else before + usual
            before = pts
            pixels = np.rot90(Colours.of(frame).to_rgb(frame), quarters(frame))
            yield SplitFrame(pts, frame.duration or usual, _pnm(pixels))


def _usual_duration(stream: VideoStream) -> int:
    return max(1, round(1 / (rate_of(stream) * time_base_of(stream))))


def _pnm(pixels: Pixels) -> bytes:
    """Netpbm's P6: text, then samples as they are; nothing is quicker to write and read."""
    height, width = pixels.shape[:2]
    most = 255 if pixels.itemsize == 1 else 65535
    raw = pixels if pixels.itemsize == 1 else pixels.astype(">u2", copy=False)
    return b"P6\n%d %d\n%d\n" % (width, height, most) + raw.tobytes()
