"""PNM in NumPy: samples as they are, in text or binary."""

from __future__ import annotations

import re

from imaging.codecs.options import EncodeOptions
from imaging.containers.pnm import TITLE, Raster, raster_of
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.reading import broken, cut_off
from imaging.structure import Header

_FULL_8, _FULL_16 = 255, 65535
_DIGITS_AND_SPACE = b"0123456789 \t\r\n\v\f"
_LONGEST_NUMBER = re.compile(rb"[0-9]{6}")
_COMMENT = re.compile(rb"#[^\r\n]*")


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    raster = raster_of(data)
    samples = _from_text(data, raster) if raster.is_text else _from_binary(data, raster)
    pixels = _scaled(samples, raster)
    return Picture(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if raster.channels > 1 else pixels)


def _shape(raster: Raster) -> tuple[int, ...]:
    return (raster.height, raster.width, 3) if raster.channels > 1 else (raster.height, raster.width)


def _from_binary(data: bytes, raster: Raster) -> Pixels:
    if len(data) < raster.start + raster.row_bytes * raster.height:
        raise cut_off(TITLE, "its last rows are missing")
    kind = np.dtype(">u2" if raster.most > _FULL_8 else "u1")
    count = raster.row_bytes * raster.height // kind.itemsize
    samples = np.frombuffer(data, kind, count, raster.start)
    if raster.is_bits:
        rows = np.unpackbits(samples.reshape(raster.height, raster.row_bytes), axis=1, count=raster.width)
        return 1 - rows
    return samples.reshape(_shape(raster))


def _from_text(data: bytes, raster: Raster) -> Pixels:
    text = data[raster.start :]
    if b"#" in text:
        text = _COMMENT.sub(b" ", text)
    if text.translate(None, _DIGITS_AND_SPACE):
        raise broken(TITLE, "something that is no number stands among its samples")
    count = raster.height * raster.width * raster.channels
    if raster.is_bits:  # white space between them may be missing
        digits = np.frombuffer(text, np.uint8)
        bits = digits[digits > ord(" ")]
        samples = 1 - (bits[:count] - ord("0"))
    else:
        if _LONGEST_NUMBER.search(text):
            raise broken(TITLE, "a sample of more than five digits")
        samples = np.fromstring(text, np.int32, count, sep=" ") if text.strip() else np.empty(0, np.int32)
    if samples.size < count:
        raise cut_off(TITLE, f"it has {samples.size:,} of {count:,} samples")
    if samples.max() > raster.most:
        raise broken(TITLE, "a sample is greater than the greatest value")
    kind = np.uint16 if raster.most > _FULL_8 else np.uint8
    return samples.astype(kind).reshape(_shape(raster))


def _scaled(samples: Pixels, raster: Raster) -> Pixels:
    """To the whole range of 8 or 16 bits; a new array of the machine's own byte order."""
    full = _FULL_16 if raster.most > _FULL_8 else _FULL_8
    kind = np.dtype(np.uint16 if full == _FULL_16 else np.uint8)
    if raster.most == full:
        return samples.astype(kind)
    wide = np.minimum(samples, raster.most).astype(np.uint32)
    wide *= full
    wide += raster.most // 2
    wide //= raster.most
    return wide.astype(kind)


def encode(picture: Picture, options: EncodeOptions) -> bytes:  # noqa: ARG001 - there is no choice
    """Binary: PGM of gray pictures, PPM of others."""
    pixels = picture.pixels if picture.is_gray else cv2.cvtColor(picture.pixels, cv2.COLOR_BGR2RGB)
    full = _FULL_16 if picture.is_deep else _FULL_8
    start = f"P{5 if picture.is_gray else 6}\n{picture.width} {picture.height}\n{full}\n".encode()
    stored = np.ascontiguousarray(pixels, ">u2" if picture.is_deep else "u1")
    return b"".join((start, stored.data.cast("B")))
