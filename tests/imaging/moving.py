"""Animations and files of several pages, made of a real photograph, and an independent way to read them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from imaging import Header, Limits, check_complete, read_header
from tests.imaging.samples import Array, rgb

TIMES = (100, 200, 300, 40)  # milliseconds


def pictures(count: int = 4, megapixels: float = 0.02) -> list[Array]:
    """The photograph, moved on in a window: much of the picture stays as it is."""
    still = rgb(megapixels)
    height, width = still.shape[:2]
    made = []
    for number in range(count):
        frame = still.copy()
        window = frame[height // 4 : height // 2, width // 4 : width // 2]
        window[...] = np.roll(window, 7 * number, axis=1)
        made.append(frame)
    return made


def animated(form: str, frames: list[Array] | list[Image.Image] | None = None, **options: Any) -> bytes:
    """By Pillow; three turns, unless told otherwise."""
    images = [
        frame if isinstance(frame, Image.Image) else Image.fromarray(frame) for frame in frames or pictures()
    ]
    settings: dict[str, Any] = {"save_all": True, "append_images": images[1:]}
    if form != "tiff":
        settings |= {"duration": list(TIMES[: len(images)]), "loop": 3}
    if form == "webp":
        settings |= {"lossless": True, "method": 0}
    if form == "gif":
        images = [image if image.mode in ("P", "L") else image.quantize(64) for image in images]
        settings |= {"append_images": images[1:], "optimize": False}
    buffer = io.BytesIO()
    images[0].save(buffer, form.upper(), **(settings | options))
    return buffer.getvalue()


def header_of(data: bytes, limits: Limits | None = None) -> Header:
    stream = io.BytesIO(data)
    header = read_header(stream, len(data), limits or Limits())
    check_complete(stream, len(data), header)
    return header


def seen(data: bytes, mode: str = "RGB") -> list[Array]:
    """All pictures of a file, as Pillow composes them."""
    with Image.open(io.BytesIO(data)) as image:
        return [np.asarray(frame.convert(mode)) for frame in ImageSequence.Iterator(image)]


def times(data: bytes) -> list[float]:
    """Milliseconds."""
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for frame in ImageSequence.Iterator(image):
            frame.load()
            found.append(float(frame.info["duration"]))
        return found
