"""The containers that are read, known by their first bytes, and those that are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dpip.errors import Malformed, UnsupportedFormat

SNIFFED_BYTES = 4096
_EBML = b"\x1aE\xdf\xa3"
_NOT_VIDEOS = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"M4A ", b"M4B ", b"crx "}
)


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A container. `demuxer` is FFmpeg's name of what reads it."""

    name: str
    title: str
    extension: str
    media_type: str
    demuxer: str


@dataclass(frozen=True, slots=True)
class Target:
    """How a container is made. Muxer and encoders by FFmpeg's names."""

    muxer: str
    pictures: str  # what encodes them
    sounds: frozenset[str] | None  # codecs of sound that are copied into it; None: any
    sound: str  # what encodes others
    deep: bool = True  # more than 8 bits per colour stay
    options: Mapping[str, str] = field(default_factory=dict)


VIDEO_FORMATS: Mapping[str, VideoFormat] = {
    format_.name: format_
    for format_ in (
        VideoFormat("mp4", "MP4", ".mp4", "video/mp4", "mov"),
        VideoFormat("mov", "QuickTime", ".mov", "video/quicktime", "mov"),
        VideoFormat("mkv", "Matroska", ".mkv", "video/matroska", "matroska"),
        VideoFormat("webm", "WebM", ".webm", "video/webm", "matroska"),
        VideoFormat("avi", "AVI", ".avi", "video/vnd.avi", "avi"),
    )
}
_IN_MP4 = frozenset({"aac", "mp3", "opus", "ac3", "eac3", "alac", "flac"})
TARGETS: Mapping[str, Target] = {
    "mp4": Target(
        "mp4", "libx264", _IN_MP4, "aac", options={"movflags": "+faststart"}
    ),  # plays before it is all there
    "mkv": Target("matroska", "libx264", None, "libopus"),
    "webm": Target("webm", "libvpx-vp9", frozenset({"opus", "vorbis"}), "libopus", deep=False),
}
QUALITIES = ("high", "medium", "low")
_SOUNDS = {"aac": "AAC", "libopus": "Opus"}
READ = ", ".join(format_.title for format_ in VIDEO_FORMATS.values())


def sniff(head: bytes) -> VideoFormat:
    """By the first `SNIFFED_BYTES` of a file; its name does not matter. Raises `UnsupportedFormat`."""
    name = None
    if head[4:8] == b"ftyp" and head[8:12] not in _NOT_VIDEOS:
        name = "mov" if head[8:12] == b"qt  " else "mp4"
    elif head[4:8] in {b"moov", b"mdat", b"wide"}:
        name = "mov"  # as cameras wrote it before there was a header
    elif head[:4] == _EBML:
        name = "webm" if b"webm" in head[:64] else "mkv" if b"matroska" in head[:64] else None
    elif head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        name = "avi"
    if name is None:
        raise UnsupportedFormat(f"this is not a video that is read here; those are {READ}")
    return VIDEO_FORMATS[name]


def target_for(asked: str | None, sounds: tuple[str, ...]) -> str:
    """The container of the result: as asked for, else MP4 where the sound fits in, else Matroska.
    Raises `Malformed`."""
    if asked is None:
        return "mkv" if _misfits("mp4", sounds) else "mp4"
    if asked not in TARGETS:
        raise Malformed(f"video_format must be one of {', '.join(TARGETS)}, not {asked[:50]!r}")
    return asked


def quality_for(asked: str | None) -> str:
    """Raises `Malformed`."""
    if asked is None:
        return QUALITIES[0]
    if asked not in QUALITIES:
        raise Malformed(f"video_quality must be one of {', '.join(QUALITIES)}, not {asked[:50]!r}")
    return asked


def losses(target: str, sounds: tuple[str, ...]) -> tuple[str, ...]:
    """What of the sound cannot stay as it is, in words."""
    title, encoder = VIDEO_FORMATS[target].title, _SOUNDS[TARGETS[target].sound]
    return tuple(
        f"its sound is encoded anew, as {encoder}: {title} does not hold {sound}"
        for sound in dict.fromkeys(_misfits(target, sounds))
    )


def _misfits(target: str, sounds: tuple[str, ...]) -> list[str]:
    fits = TARGETS[target].sounds
    return [] if fits is None else [sound for sound in sounds if sound not in fits]
