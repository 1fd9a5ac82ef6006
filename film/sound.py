"""Tracks of sound on their way from the old video into the new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from film.formats import Target
from film.opening import kind_of

_OPUS_RATE = 48_000  # Opus knows few others
_BITS_PER_CHANNEL = {"libopus": 64_000, "aac": 96_000}  # per second; nobody hears a difference
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class Sound:
    """All tracks: those that the new container holds are copied byte by byte, others encoded anew."""

    def __init__(self, old: InputContainer, new: OutputContainer, target: Target) -> None:
        self._old = old
        self._copied: dict[int, Any] = {}
        self._encoded: dict[int, AudioStream] = {}
        for track in old.streams.audio:
            if track.codec_context is None:
                continue
            if target.sounds is None or kind_of(track.codec_context) in target.sounds:
                made = self._copied[track.index] = new.add_stream_from_template(track)
            else:
                made = self._encoded[track.index] = _encoder(new, track, target.sound)
            made.metadata.update(track.metadata)

    def packets(self) -> Iterator[Packet[Any]]:
        """In the order of time."""
        tracks = [self._old.streams[index] for index in (*self._copied, *self._encoded)]
        if not tracks:
            return
        for packet in self._old.demux(tracks):
            index = packet.stream.index
            if index in self._encoded:
                for frame in packet.decode():
                    yield from self._encoded[index].encode(cast("AudioFrame", frame))
            elif packet.dts is not None:
                packet.stream = self._copied[index]
                yield packet
        for encoder in self._encoded.values():
            yield from encoder.encode(None)


def _encoder(new: OutputContainer, track: AudioStream, codec: str) -> AudioStream:
    channels = track.codec_context.channels
    rate = _OPUS_RATE if codec == "libopus" else track.codec_context.sample_rate
    made = cast("AudioStream", new.add_stream(codec, rate=rate, layout=_LAYOUTS.get(channels, "stereo")))
    made.codec_context.bit_rate = _BITS_PER_CHANNEL[codec] * max(1, channels)
    return made
