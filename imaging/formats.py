"""The formats that DPIP reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Format:
    """What is known of a file format. `magic` are the byte strings its files begin with."""

    name: str
    title: str
    media_type: str
    extension: str
    magic: tuple[bytes, ...]
    aliases: tuple[str, ...] = ()
    stores_gray: bool = True  # a gray picture is kept as one channel
    stores_alpha: bool = True
    stores_16_bit: bool = False
    stores_profile: bool = True  # ICC
    max_side: int = 2**31 - 1  # pixels, when written


_ALL = (
    Format(
        "jpeg",
        "JPEG",
        "image/jpeg",
        ".jpg",
        (b"\xff\xd8\xff",),
        ("jpg", "jpe", "jfif"),
        stores_alpha=False,
        max_side=65500,
    ),
    Format("png", "PNG", "image/png", ".png", (b"\x89PNG\r\n\x1a\n",), stores_16_bit=True),
    Format("webp", "WebP", "image/webp", ".webp", (b"RIFF",), stores_gray=False, max_side=16383),
    Format("bmp", "BMP", "image/bmp", ".bmp", (b"BM",), ("dib",), stores_profile=False),
    Format(
        "tiff",
        "TIFF",
        "image/tiff",
        ".tif",
        (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
        ("tif",),
        stores_16_bit=True,
    ),
)

FORMATS = MappingProxyType({format_.name: format_ for format_ in _ALL})
LONGEST_MAGIC = 16

_BY_ALIAS = {alias: format_.name for format_ in _ALL for alias in (format_.name, *format_.aliases)}


def canonical_name(text: str) -> str | None:
    """`JPG` and `jpeg` are "jpeg"; None for what is not a format of ours."""
    return _BY_ALIAS.get(text.strip().lower().removeprefix("."))


def titles() -> str:
    """For people: "JPEG, PNG, WebP, BMP and TIFF"."""
    *most, last = (format_.title for format_ in _ALL)
    return f"{', '.join(most)} and {last}"


def sniff(beginning: bytes) -> Format | None:
    """The format by a file's first `LONGEST_MAGIC` bytes, whatever its name says."""
    for format_ in _ALL:
        if beginning.startswith(format_.magic):
            if format_.name == "webp" and beginning[8:12] != b"WEBP":
                continue
            return format_
    return None
