"""The formats that DPIP reads and writes."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType


class Several(Enum):
    """Whether a file can hold several pictures, and what they are to each other."""

    NONE = auto()
    FRAMES = auto()  # of an animation: one size, shown one after another for a time
    PAGES = auto()  # each of its own size, without time


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
    stores_12_bit: bool = False  # and no more
    stores_profile: bool = True  # ICC
    stores_coded_colours: bool = False  # code points instead of a profile
    several: Several = Several.NONE
    brands: frozenset[bytes] = frozenset()  # of ISO media files, which begin alike
    needs: str = ""  # a module that is not always installed: the extra of the format's name brings it
    max_side: int = 2**31 - 1  # pixels, when written

    @property
    def available(self) -> bool:
        """False while the extra that reads and writes it is not installed."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None


_ISO_MEDIA = b"ftyp"  # of AVIF and HEIC: bytes 4 to 8

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
    Format(
        "png",
        "PNG",
        "image/png",
        ".png",
        (b"\x89PNG\r\n\x1a\n",),
        ("apng",),
        stores_16_bit=True,
        stores_coded_colours=True,
        several=Several.FRAMES,
    ),
    Format(
        "webp",
        "WebP",
        "image/webp",
        ".webp",
        (b"RIFF",),
        stores_gray=False,
        several=Several.FRAMES,
        max_side=16383,
    ),
    Format(
        "gif",
        "GIF",
        "image/gif",
        ".gif",
        (b"GIF87a", b"GIF89a"),
        stores_profile=False,
        several=Several.FRAMES,
        max_side=65535,
    ),
    Format(
        "avif",
        "AVIF",
        "image/avif",
        ".avif",
        (),
        stores_12_bit=True,
        stores_coded_colours=True,
        brands=frozenset({b"avif", b"avis"}),
        several=Several.FRAMES,
        max_side=65535,
    ),
    Format("bmp", "BMP", "image/bmp", ".bmp", (b"BM",), ("dib",), stores_profile=False),
    Format(
        "tiff",
        "TIFF",
        "image/tiff",
        ".tif",
        (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
        ("tif",),
        stores_16_bit=True,
        several=Several.PAGES,
    ),
    Format(
        "jpeg2000",
        "JPEG 2000",
        "image/jp2",
        ".jp2",
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
        ("jp2", "j2k", "jpf", "jpx", "j2c"),
        stores_16_bit=True,
    ),
    Format(
        "pnm",
        "PNM",
        "image/x-portable-anymap",
        ".pnm",
        (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"),
        ("ppm", "pgm", "pbm"),
        stores_alpha=False,
        stores_16_bit=True,
        stores_profile=False,
    ),
    Format(
        "heic",
        "HEIC",
        "image/heic",
        ".heic",
        (),
        ("heif", "hif"),
        brands=frozenset({b"heic", b"heix", b"heim", b"heis"}),
        max_side=16384,
        needs="pillow_heif",
    ),
)

FORMATS = MappingProxyType({format_.name: format_ for format_ in _ALL})
LONGEST_MAGIC = 64  # bytes; ISO media files list their brands

_BY_ALIAS = {alias: format_.name for format_ in _ALL for alias in (format_.name, *format_.aliases)}


def canonical_name(text: str) -> str | None:
    """`JPG` and `jpeg` are "jpeg"; None for what is not a format of ours."""
    return _BY_ALIAS.get(text.strip().lower().removeprefix("."))


def titles() -> str:
    """Of the formats that are read here, for people: "JPEG, PNG, ... and PNM"."""
    *most, last = (format_.title for format_ in _ALL if format_.available)
    return f"{', '.join(most)} and {last}"


def sniff(beginning: bytes) -> Format | None:
    """The format by a file's first `LONGEST_MAGIC` bytes, whatever its name says."""
    brands = _brands(beginning)
    for format_ in _ALL:
        if brands & format_.brands:
            return format_
        if beginning.startswith(format_.magic):
            if format_.name == "webp" and beginning[8:12] != b"WEBP":
                continue
            if format_.name == "pnm" and not beginning[2:3].isspace() and beginning[2:3] != b"#":
                continue
            return format_
    return None


def _brands(beginning: bytes) -> frozenset[bytes]:
    """What an ISO media file says it can be read as; the first brand says what it is meant as."""
    if beginning[4:8] != _ISO_MEDIA:
        return frozenset()
    end = min(int.from_bytes(beginning[:4], "big"), len(beginning))
    major, others = beginning[8:12], {beginning[at : at + 4] for at in range(16, end - 3, 4)}
    known = frozenset().union(*(format_.brands for format_ in _ALL))
    return frozenset({major} if major in known else others)
