"""Videos: made from photographs, cut into frames, and joined again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream

Pixels = npt.NDArray[np.uint8]  # height x width x 3, blue green red
DEFAULT_RATE = Fraction(25)


def write_video(path: Path, frames: Iterable[Pixels], rate: Fraction) -> int:
    """Encode the frames as H.264 in the container that the file's name asks for; returns their number."""
    count = 0
    with av.open(str(path), "w") as container:
        stream: VideoStream | None = None
        for pixels in frames:
            if stream is None:
                settings = {"crf": "18", "preset": "veryfast"}
                stream = container.add_stream("libx264", rate=rate, options=settings)
                stream.height, stream.width = _even(pixels).shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(_even(pixels), format="bgr24")))
            count += 1
        if stream is not None:
            container.mux(stream.encode(None))
    return count


def _even(pixels: Pixels) -> Pixels:
    """H.264 with halved colour takes even sizes only."""
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(pixels[: height // 2 * 2, : width // 2 * 2])


def read_video(path: Path) -> Iterator[Pixels]:
    """The frames of the first video stream, one after another."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def rate_of(path: Path) -> Fraction:
    """Frames per second."""
    with av.open(str(path)) as container:
        return container.streams.video[0].average_rate or DEFAULT_RATE


def cut(path: Path, folder: Path) -> list[Path]:
    """Write each frame as PNG into the folder; returns the files in order."""
    files = []
    for number, pixels in enumerate(read_video(path)):
        file = folder / f"frame-{number:06d}.png"
        write_png(file, pixels)
        files.append(file)
    return files


def write_png(file: Path, pixels: Pixels) -> None:
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ValueError(f"cannot encode {pixels.shape} as PNG")
    file.write_bytes(data.tobytes())


def read_colour(file: Path) -> Pixels:
    """Any picture as blue, green, red. Raises ValueError for what is none."""
    pixels = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{file.name} is not a picture")
    return np.asarray(pixels, dtype=np.uint8)
