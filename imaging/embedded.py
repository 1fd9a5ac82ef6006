"""A small picture as the value of a parameter: base64 of a PNG, JPEG or WebP file."""

from __future__ import annotations

import base64
import binascii
import importlib
import io
import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from dpip.errors import Refused
from imaging.header import read_header
from imaging.lazy import cv2, np
from imaging.limits import Limits
from imaging.picture import Picture, Pixels
from imaging.shaping import in_8_bits, in_colour_order, upright

MAX_BYTES = 16 * 1024
MAX_CHARS = MAX_BYTES * 4 // 3 + 64
_LIMITS = Limits(max_bytes=MAX_BYTES, max_megapixels=4.0, max_frames=1)
_FORMATS = ("png", "jpeg", "webp")
_PREFIX = re.compile(r"data:[a-z0-9.+/-]*;base64,", re.IGNORECASE)
_KEPT = 8  # decoded pictures


def canonical_picture(text: str) -> str:
    """Base64 without space, and without the prefix of a data URL. Raises ValueError: what would be right."""
    bare = "".join(_PREFIX.sub("", text, count=1).split())
    try:
        data = base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            "a picture is given as base64 of a PNG, JPEG or WebP file, and this is not"
        ) from None
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"a picture in a pipeline has at most {MAX_BYTES:,} bytes; this one has {len(data):,}"
        )
    try:
        header = read_header(io.BytesIO(data), len(data), _LIMITS)
    except Refused as error:
        raise ValueError(f"the picture in the pipeline cannot be used: {error.detail}") from None
    if header.format not in _FORMATS:
        raise ValueError(f"a picture in a pipeline is PNG, JPEG or WebP; this one is {header.title}")
    return bare


EmbeddedPicture = Annotated[
    str,
    AfterValidator(canonical_picture),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "contentMediaType": "image/png, image/jpeg or image/webp",
            "maxLength": MAX_CHARS,
        }
    ),
]
"""A field of a step: base64 of at most 16 KiB. See `decoded`."""


@lru_cache(maxsize=_KEPT)
def decoded(text: str) -> Pixels:
    """uint8, height x width x 4 (blue, green, red, alpha), upright; not to be written to."""
    data = base64.b64decode(text)
    header = read_header(io.BytesIO(data), len(data), _LIMITS)
    codec = importlib.import_module("imaging.codecs").codec_of(header.format)  # loads the decoders
    stored = codec.decode(data, header, luma_only=False)
    pixels = in_colour_order(in_8_bits(Picture(upright(stored.pixels, header.orientation)))).pixels
    conversions = {1: cv2.COLOR_GRAY2BGRA, 3: cv2.COLOR_BGR2BGRA}
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]  # noqa: PLR2004 - dimensions of gray
    found: Pixels = np.array(
        cv2.cvtColor(pixels, conversions[channels]) if channels in conversions else pixels
    )
    found.flags.writeable = False
    return found
