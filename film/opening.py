"""Files of strangers, opened with the demuxers and decoders that are wanted here and no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dpip.domain import VideoFacts
from dpip.errors import Unprocessable, UnsupportedFormat
from film.formats import VIDEO_FORMATS

# FFmpeg's names of decoders. Others may have errors that nobody looked for, or fetch what a file names.
VIDEO_DECODERS = frozenset(
    {
        *("h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "theora"),
        *("mpeg4", "mpeg2video", "mpeg1video", "h263", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2"),
        *(
            "mjpeg",
            "prores",
            "dnxhd",
            "dvvideo",
            "ffv1",
            "huffyuv",
            "ffvhuff",
            "utvideo",
            "qtrle",
            "rawvideo",
        ),
    }
)
_SOUND_DECODERS = frozenset(
    {
        *("aac", "opus", "libopus", "vorbis", "mp3", "mp3float", "mp2", "mp2float", "ac3", "eac3"),
        *("flac", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le"),
        *("pcm_u8", "pcm_alaw", "pcm_mulaw", "adpcm_ima_wav", "adpcm_ms"),
    }
)
_OPTIONS = {
    "protocol_whitelist": "file",
    "codec_whitelist": ",".join(sorted(VIDEO_DECODERS | _SOUND_DECODERS)),
}
DEFAULT_RATE = Fraction(25)
DEFAULT_TIME_BASE = Fraction(1, 90_000)
QUARTER = 90  # degrees


@contextmanager
def opened(path: Path, format_name: str) -> Iterator[InputContainer]:
    """Raises `Unprocessable` for what cannot be read as that format, whenever it turns out."""
    demuxer = VIDEO_FORMATS[format_name].demuxer
    title = VIDEO_FORMATS[format_name].title
    try:
        with av.open(str(path), "r", format=demuxer, options=_OPTIONS) as container:
            yield container
    except av.error.FFmpegError as error:
        doubt = "; is it whole?" if isinstance(error, av.error.InvalidDataError) else ""
        raise Unprocessable(f"the {title} file cannot be read: {error.strerror}{doubt}") from error


def pictures_of(container: InputContainer) -> VideoStream:
    """The stream that players show. Raises `Unprocessable`, `UnsupportedFormat`."""
    stream = next((one for one in container.streams.video if not one.disposition.value & _ATTACHED), None)
    if stream is None:
        raise Unprocessable("there are no moving pictures in the file")
    if stream.codec_context is None or stream.codec_context.name not in VIDEO_DECODERS:
        name = stream.codec_context.name if stream.codec_context is not None else "unknown"
        raise UnsupportedFormat(
            f"its pictures are of the kind {name}, which is not decoded here; H.264, H.265, VP8, VP9, AV1, "
            "MPEG-1, -2 and -4, ProRes, DNxHD, DV, Motion JPEG and FFV1 are"
        )
    return stream


_ATTACHED = 0x400  # AV_DISPOSITION_ATTACHED_PIC: a cover


def kind_of(codec: CodecContext) -> str:
    """The codec's usual name, whichever decoder this is: "av1", not "libdav1d"."""
    return str(codec.codec.canonical_name).removesuffix("float")  # as in "mp3float"


def rate_of(stream: VideoStream) -> Fraction:
    """Frames per second, on average."""
    return stream.average_rate or stream.guessed_rate or stream.base_rate or DEFAULT_RATE


def time_base_of(stream: VideoStream) -> Fraction:
    """Seconds of a tick, in which times of frames are counted."""
    return stream.time_base or DEFAULT_TIME_BASE


def quarters(frame: VideoFrame) -> int:
    """Quarter turns, counter-clockwise, that bring a frame upright; 0 for odd angles."""
    turns, rest = divmod(round(frame.rotation), QUARTER)
    return turns % 4 if rest == 0 else 0


def facts_of(container: InputContainer, format_name: str) -> VideoFacts:
    """Decodes the first frame. Raises `Unprocessable`, `UnsupportedFormat`."""
    stream = pictures_of(container)
    rate = rate_of(stream)
    duration = None
    if container.duration is not None and container.duration > 0:
        duration = container.duration / av.time_base
    frames = stream.frames or (None if duration is None else round(duration * rate))
    first = next(container.decode(stream), None)
    if first is None:
        raise Unprocessable("there is no frame in the video")
    return VideoFacts(
        format=format_name,
        codec=kind_of(stream.codec_context),
        width=first.width,
        height=first.height,
        rotation=round(first.rotation) % 360,
        rate=str(rate),
        duration_s=duration,
        frames=frames,
        sound=tuple(kind_of(one.codec_context) for one in container.streams.audio if one.codec_context),
        notes=_left_out(container, stream, first),
    )


def _left_out(container: InputContainer, stream: VideoStream, first: VideoFrame) -> tuple[str, ...]:
    notes = []
    others = [one for one in container.streams if one is not stream and one.type != "audio"]
    if others:
        kinds = ", ".join(sorted({one.type or "unknown" for one in others}))
        notes.append(f"{len(others)} other streams of the file are left out ({kinds})")
    if first.interlaced_frame:
        notes.append("its frames are interlaced, and are filtered as they are")
    return tuple(notes)
