"""Filtered frames into a new video, with the sound and the turn of the old one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.sidedata.sidedata import Type as SideData
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dpip.errors import Unprocessable
from film.colours import Colours, Pixels
from film.formats import QUALITIES, TARGETS
from film.opening import opened, pictures_of, quarters, rate_of, time_base_of
from film.sound import Sound

# Constant quality. x264's documentation calls 18 visually lossless, and 23 is its default; VP9 counts
# otherwise: its own advice for 720 lines is 32.
_CRF = {
    "libx264": {"high": "18", "medium": "23", "low": "28"},
    "libvpx-vp9": {"high": "24", "medium": "32", "low": "40"},
}
_SPEED = {
    "libx264": {"preset": "veryfast"},
    "libvpx-vp9": {"deadline": "good", "cpu-used": "5", "row-mt": "1"},
}
_GRAY = 2  # dimensions


class Join:
    """The new video while it grows. To be used as a context manager; `end` makes it whole.

    Raises `Unprocessable` for frames that do not make one video.
    """

    def __init__(
        self, source: Path, format_name: str, target: Path, target_format: str, quality: str = QUALITIES[0]
    ) -> None:
        self._opened = opened(source, format_name)
        self._source = source
        self._format = format_name
        self._target = target
        self._made = TARGETS[target_format]
        self._quality = quality
        self.size: tuple[int, int] | None = None  # as stored, unturned
        self._durations: dict[int, int] = {}
        self.frames = 0
        self.notes: list[str] = []  # what could not stay as it was

    def __enter__(self) -> Self:
        with opened(self._source, self._format) as container:
            first = next(container.decode(pictures_of(container)))
            self._colours = Colours.of(first)
            if self._colours.deep and not self._made.deep:
                self._colours = replace(self._colours, deep=False)
                self.notes.append(
                    "of its bits per colour 8 are left: more than that is no WebM that is made here"
                )
            self._quarters = quarters(first)
            self._matrix = _display_matrix(first)
        self._in: InputContainer = self._opened.__enter__()
        self._old = pictures_of(self._in)
        self._out: OutputContainer = av.open(
            str(self._target),
            "w",
            format=self._made.muxer,
            container_options=dict(self._made.options),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.frames or error is None:
            self._out.close()
        self._opened.__exit__(kind, error, trace)

    def add(self, pts: int, duration: int, pixels: Pixels) -> None:
        """The next frame, upright: height x width (x 3 or 4: blue, green, red, alpha), 8 or 16 bits."""
        bgr = np.rot90(_bgr(pixels, deep=self._colours.deep), -self._quarters)
        size = bgr.shape[1], bgr.shape[0]
        if self.size is None:
            self._begin(*size)
        elif size != self.size:
            raise Unprocessable(
                f"frame {self.frames + 1} came out as {size[0]} x {size[1]} pixels, and those before as "
                f"{self.size[0]} x {self.size[1]}: a video has one size; use filters that keep it"
            )
        frame = self._colours.from_bgr(bgr)
        frame.pts = pts
        frame.time_base = time_base_of(self._old)
        self._durations[pts] = duration
        self.frames += 1
        self._mux(self._new.encode(frame))

    def end(self) -> None:
        """Raises `Unprocessable` where there was no frame."""
        if self.size is None:
            raise Unprocessable("there is no frame in the video")
        self._mux(self._new.encode(None))
        for packet in self._sound:
            self._out.mux(packet)
        self._out.close()

    def _begin(self, width: int, height: int) -> None:
        self.size = width, height
        encoder = self._made.pictures
        options = {"crf": _CRF[encoder][self._quality], **_SPEED[encoder]}
        self._new: VideoStream = cast(
            "VideoStream", self._out.add_stream(encoder, rate=rate_of(self._old), options=options)
        )
        self._new.codec_context.bit_rate = 0  # by quality alone
        new, old = self._new, self._old
        new.width, new.height = width, height
        odd = width % 2 or height % 2
        new.pix_fmt = ("yuv444p" if odd else "yuv420p") + ("10le" if self._colours.deep else "")
        new.codec_context.time_base = time_base_of(old)
        new.time_base = time_base_of(old)
        if old.sample_aspect_ratio:
            new.codec_context.sample_aspect_ratio = old.sample_aspect_ratio
        self._colours.mark(new)
        if self._matrix is not None:
            new.set_display_matrix(self._matrix)
        sound = Sound(self._in, self._out, self._made)
        self._out.metadata.update(
            {name: value for name, value in self._in.metadata.items() if name in {"title", "creation_time"}}
        )
        self._sound = _Lookahead(sound.packets())

    def _mux(self, packets: Sequence[Packet[Any]]) -> None:
        """With the sound up to there, so that neither waits for the other in the file."""
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration)
            for sound in self._sound.until(_seconds(packet)):
                self._out.mux(sound)
            self._out.mux(packet)


class _Lookahead:
    """Packets that are handed out when their time has come."""

    def __init__(self, packets: Iterator[Packet[Any]]) -> None:
        self._packets = packets
        self._next = next(packets, None)

    def until(self, seconds: float) -> Iterator[Packet[Any]]:
        while self._next is not None and _seconds(self._next) <= seconds:
            yield self._take()

    def __iter__(self) -> Iterator[Packet[Any]]:
        while self._next is not None:
            yield self._take()

    def _take(self) -> Packet[Any]:
        packet = self._next
        assert packet is not None  # noqa: S101 - the callers look
        self._next = next(self._packets, None)
        return packet


def _seconds(packet: Packet[Any]) -> float:
    """When it is decoded."""
    return float((packet.dts or 0) * (packet.time_base or 0))


def _display_matrix(frame: VideoFrame) -> list[int] | None:
    found = frame.side_data.get(SideData.DISPLAYMATRIX)  # type: ignore[call-overload]
    if found is None:
        return None
    return [int(value) for value in np.frombuffer(bytes(found), np.int32)]


def _bgr(pixels: Pixels, *, deep: bool) -> Pixels:
    """Three channels, of as many bits as the video has; what is transparent becomes black."""
    if pixels.ndim == _GRAY:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    elif pixels.shape[2] in {2, 4}:
        most = np.iinfo(pixels.dtype).max
        alpha = pixels[:, :, -1:].astype(np.uint32)
        colour = (pixels[:, :, :-1].astype(np.uint32) * alpha // most).astype(pixels.dtype)
        pixels = colour if colour.shape[2] == 3 else np.repeat(colour, 3, axis=2)  # noqa: PLR2004
    if deep and pixels.itemsize == 1:
        return pixels.astype(np.uint16) * 257
    if not deep and pixels.itemsize > 1:
        return (pixels >> 8).astype(np.uint8)
    return pixels
