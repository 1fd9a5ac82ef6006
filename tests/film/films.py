"""Films made from photographs, with sound: what cameras and programs write. And what is in a film."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from tests.pictures import frame_number, frame_pixels

SOUND_RATE = 48_000
EXACT = 0x4 | 0x2000 | 0x4000 | 0x40000  # swscale without short cuts
_PIECE = 1024  # samples


@dataclass(frozen=True)
class Kind:
    """How a film is made."""

    name: str = "film.mp4"
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    sound: str | None = "aac"
    rate: Fraction = Fraction(30000, 1001)
    rotation: int = 0
    steps: Sequence[int] = (1,)  # frames are so many ticks apart, over and over
    width: int = 320
    height: int = 180
    longer_s: float = 0.0  # the sound, than the pictures


def make(folder: Path, count: int, kind: Kind | None = None) -> Path:
    """A film of so many frames; each carries its number, from 0."""
    kind = kind or Kind()
    path = folder / kind.name
    with av.open(str(path), "w") as out:
        video = out.add_stream(kind.codec, rate=kind.rate, options={"crf": "12"})
        video.width, video.height, video.pix_fmt = kind.width, kind.height, kind.pix_fmt
        tick = 1 / kind.rate
        video.codec_context.time_base = tick
        video.colorspace = 1
        if kind.rotation:
            video.set_display_rotation(kind.rotation)
        sound = out.add_stream(kind.sound, rate=SOUND_RATE, layout="mono") if kind.sound else None
        at = 0
        for number, pixels in enumerate(frame_pixels(count, width=kind.width, height=kind.height)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24")
            frame = frame.reformat(
                format=kind.pix_fmt, dst_colorspace=1, dst_color_range=1, interpolation=EXACT
            )
            frame.pts, frame.time_base = at, tick
            at += kind.steps[number % len(kind.steps)]
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if sound is not None:
            _sine(out, sound, float(at * tick) + kind.longer_s)
    return path


@cache
def small_film() -> bytes:
    """An MP4 of three frames."""
    with tempfile.TemporaryDirectory(prefix="dpip-film-") as folder:
        return make(Path(folder), 3, Kind(width=64, height=48)).read_bytes()


def _sine(out: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    wave = np.sin(np.arange(int(seconds * SOUND_RATE)) * 2 * np.pi * 440 / SOUND_RATE) * 0.5
    for start in range(0, len(wave), _PIECE):
        piece = wave[start : start + _PIECE].astype(np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _matrix(frame: av.VideoFrame) -> int:
    return 1 if frame.colorspace == 1 else 5  # BT.709, or what small films that do not say are


@dataclass(frozen=True)
class Content:
    """What a film turned out to hold."""

    codec: str
    width: int
    height: int
    rate: Fraction
    rotation: int
    times: list[float]  # of the frames, in seconds
    numbers: list[int]  # stamped into the frames
    means: list[tuple[float, float, float]]  # of blue, green and red
    sound: list[bytes]  # packets as they are
    sound_codec: str | None
    sound_times: list[float]
    seconds: float


def content(path: Path) -> Content:
    """Decodes all of it."""
    times, numbers, means, packets, sound_times = [], [], [], [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rotation = 0
        for frame in container.decode(stream):
            pixels = frame.to_ndarray(format="bgr24", src_colorspace=_matrix(frame), interpolation=EXACT)
            rotation = round(frame.rotation)
            times.append(float(frame.pts * stream.time_base))
            numbers.append(frame_number(pixels))
            means.append(tuple(pixels.reshape(-1, 3).mean(axis=0)))
        audio = container.streams.audio[0] if container.streams.audio else None
        facts = (stream.codec_context.name, stream.width, stream.height, stream.average_rate)
        seconds = container.duration / av.time_base
    if audio is not None:
        with av.open(str(path)) as container:
            for packet in container.demux(audio=0):
                if packet.dts is not None:
                    packets.append(bytes(packet))
                    sound_times.append(float(packet.pts * packet.time_base))
    sound_codec = audio.codec_context.name if audio is not None else None
    return Content(*facts, rotation, times, numbers, means, packets, sound_codec, sound_times, seconds)
