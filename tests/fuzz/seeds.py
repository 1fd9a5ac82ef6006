"""Whole files of every format and in many guises, small, to be broken."""

from __future__ import annotations

import functools
import io
from typing import Any

import cv2
import numpy as np
import tifffile
from PIL import Image

from imaging import FORMATS, Limits, parse_pipeline, run
from tests.imaging.moving import animated
from tests.imaging.samples import Array, rgb


@functools.cache
def picture() -> Array:
    """Height x width x 3, red first."""
    return np.ascontiguousarray(rgb(0.02)[20:60, 30:83])


def _pillow(form: str, mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(picture())
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.fromarray(picture()[..., 0]))
    if mode == "P":
        image = image.quantize(32)
    elif image.mode != mode:
        image = image.convert(mode)
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _opencv(extension: str, pixels: Array, *parameters: int) -> bytes:
    return cv2.imencode(extension, pixels, parameters)[1].tobytes()


def _tiff(*pages: Array, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, bigtiff=options.pop("bigtiff", False)) as writer:
        for page in pages:
            writer.write(page, photometric="rgb" if page.ndim > 2 else "minisblack", **options)
    return buffer.getvalue()


def _moving(form: str, height: int = 40) -> bytes:
    still = picture()[:height]
    return animated(form, [np.ascontiguousarray(np.roll(still, 5 * number, 1)) for number in range(3)])


def _transparent_gif() -> bytes:
    frames = []
    for number in range(3):
        image = Image.new("P", (53, 40), 31)
        image.putpalette(Image.fromarray(picture()).quantize(32).getpalette() or [])
        image.paste(number, (5 * number, 3, 5 * number + 20, 30))
        frames.append(image)
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        transparency=31,
        disposal=[2, 3, 1],
        duration=40,
    )
    return buffer.getvalue()


def _exif() -> bytes:
    block = Image.Exif()
    block[0x0112] = 6
    block[0x013B] = "Somebody"
    return block.tobytes()


@functools.cache
def seeds() -> dict[str, tuple[bytes, ...]]:
    """By format."""
    deep = picture().astype(np.uint16) * 257
    gray = np.ascontiguousarray(picture()[..., 1])
    whole: dict[str, tuple[bytes, ...]] = {
        "jpeg": (
            _pillow("JPEG", exif=_exif(), icc_profile=b"nonsense" * 20),
            _pillow("JPEG", progressive=True, subsampling=0),
            _pillow("JPEG", "L", restart_marker_blocks=2),
            _pillow("JPEG", "CMYK"),
        ),
        "png": (
            _pillow("PNG", pnginfo=None, dpi=(72, 72), exif=_exif()),
            _pillow("PNG", "P", transparency=3),
            _pillow("PNG", "LA"),
            _pillow("PNG", "1"),
            _opencv(".png", np.ascontiguousarray(deep[..., ::-1])),
            _moving("png", 12),
        ),
        "webp": (
            _pillow("WEBP", lossless=False, exif=_exif()),
            _pillow("WEBP", lossless=True),
            _pillow("WEBP", "RGBA", lossless=False),
            _moving("webp", 12),
        ),
        "gif": (
            _pillow("GIF", "P"),
            _pillow("GIF", "L", interlace=0),
            _moving("gif", 12),
            _transparent_gif(),
        ),
        "avif": (
            _pillow("AVIF", exif=_exif()),
            _pillow("AVIF", "RGBA"),
            _pillow("AVIF", "L"),
            _opencv(".avif", deep >> 6, cv2.IMWRITE_AVIF_DEPTH, 10),
            _moving("avif"),
        ),
        "bmp": (
            _pillow("BMP"),
            _pillow("BMP", "P"),
            _pillow("BMP", "1"),
            _opencv(".bmp", np.dstack((picture(), gray))),
        ),
        "tiff": (
            _pillow("TIFF", compression="tiff_lzw"),
            _pillow("TIFF", "CMYK", compression="packbits"),
            _pillow("TIFF", "P"),
            _pillow("TIFF", "1", compression="group4"),
            _pillow("TIFF", compression="jpeg"),
            _pillow("TIFF", "RGBA", compression="tiff_adobe_deflate"),
            _tiff(deep, compression="zlib", tile=(16, 16)),
            _tiff(gray, bigtiff=True, rowsperstrip=7),
            _tiff(picture(), gray, deep[:20, :20].copy()),
        ),
        "jpeg2000": (
            _pillow("JPEG2000"),
            _pillow("JPEG2000", "LA"),
            _pillow("JPEG2000", "L", no_jp2=True),
            _pillow("JPEG2000", tile_size=(32, 32), irreversible=True, quality_layers=[20, 5]),
            _opencv(".jp2", np.ascontiguousarray(deep), cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000),
        ),
        "pnm": (
            _pillow("PPM"),
            _pillow("PPM", "L"),
            _pillow("PPM", "1"),
            b"P2\n# gray\n4 3\n15\n" + b" ".join(b"%d" % (number % 16) for number in range(12)),
            b"P3 2 2 1023 " + b" ".join(b"%d" % (number * 80) for number in range(12)) + b"\n",
            b"P1\n5 2\n01011\n10 1 0 1",
            _opencv(".ppm", np.ascontiguousarray(deep)),
        ),
    }
    if FORMATS["heic"].available:
        whole["heic"] = tuple(
            run(_pillow("PNG", mode), parse_pipeline("convert:format=heic"), Limits()).data
            for mode in ("RGB", "RGBA", "L")
        )
    return whole
