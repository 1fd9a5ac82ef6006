"""The containers that are read, known by their first bytes, and those that are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dpip.errors import Malformed, UnsupportedFormat

SNIFFED_BYTES = 4096
_EBML = b"\x1aE\xdf\xa3"
_NOT_VIDEOS = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"M4A ", b"M4B ", b"crx "}
)


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A container. `demuxer` is FFmpeg's name of what reads it; `sounds` may be copied into a new one."""

    name: str
    title: str
    extension: str
    media_type: str
    demuxer: str
    sounds: frozenset[str] | None = None  # codecs of sound that it holds; None: any


VIDEO_FORMATS: Mapping[str, VideoFormat] = {
    format_.name: format_
    for format_ in (
        VideoFormat(
            "mp4",
            "MP4",
            ".mp4",
            "video/mp4",
            "mov",
            frozenset({"aac", "mp3", "opus", "ac3", "eac3", "alac", "flac"}),
        ),
        VideoFormat("mov", "QuickTime", ".mov", "video/quicktime", "mov"),
        VideoFormat("mkv", "Matroska", ".mkv", "video/matroska", "matroska"),
        VideoFormat("webm", "WebM", ".webm", "video/webm", "matroska"),
        VideoFormat("avi", "AVI", ".avi", "video/vnd.avi", "avi"),
    )
}
TARGETS = ("mp4", "mkv")  # that are made; the pictures in them are H.264
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
    fits = VIDEO_FORMATS["mp4"].sounds or frozenset()
    odd = [sound for sound in sounds if sound not in fits]
    if asked is None:
        return "mkv" if odd else "mp4"
    if asked not in TARGETS:
        raise Malformed(f"video_format must be {' or '.join(TARGETS)}, not {asked[:50]!r}")
    if asked == "mp4" and odd:
        raise Malformed(f"sound of the kind {odd[0]} cannot be copied into an MP4; say video_format=mkv")
    return asked
