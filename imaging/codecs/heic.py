"""HEIC by libheif, which the extra `heic` brings (pillow-heif)."""

from __future__ import annotations

import importlib
import io
from typing import Any

from dpip.errors import Unprocessable
from imaging.codecs import pillow
from imaging.codecs.options import EncodeOptions
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import in_colour_order
from imaging.structure import Header


def _library() -> Any:
    return importlib.import_module("pillow_heif")


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    """The primary picture, upright already."""
    library = _library()
    try:
        opened = library.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=True)
        image = opened[opened.primary_index]
        pixels: Pixels = np.asarray(image)
        mode = str(image.mode)
    except (*pillow.BAD_INPUT, RuntimeError) as error:
        raise Unprocessable(
            f"the {header.title} file cannot be decoded: it is damaged, cut off, or of a rare kind ({error})"
        ) from error
    codes = {"RGB": cv2.COLOR_RGB2BGR, "RGBA": cv2.COLOR_RGBA2BGRA, "RGBa": cv2.COLOR_RGBA2BGRA}
    kind = mode.partition(";")[0]
    return Picture(cv2.cvtColor(pixels, codes[kind]) if kind in codes else pixels.copy())


def encode(picture: Picture, options: EncodeOptions) -> bytes:
    library = _library()
    library.register_heif_opener()
    settings: dict[str, object] = {
        "quality": options.quality,
        "chroma": 420 if options.subsampled else 444,
    }
    kept = options.metadata
    metadata = {"icc_profile": kept.icc, "exif": kept.exif, "xmp": kept.xmp}
    settings |= {name: value for name, value in metadata.items() if value is not None}
    return pillow.saved(pillow.image_of(in_colour_order(picture)), "HEIF", settings)
