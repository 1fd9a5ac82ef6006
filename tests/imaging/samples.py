"""Pictures in every guise, made of a real photograph, and an independent way to read and filter them."""

from __future__ import annotations

import functools
import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from scipy.ndimage import gaussian_filter

from imaging import Limits, Result, parse_pipeline, run
from tests.pictures import photograph

Array = npt.NDArray[Any]
FORMATS = ("jpeg", "png", "webp", "bmp", "tiff")
ORIENTATION, GPS = 0x0112, 0x8825
_LUMA = np.array([0.299, 0.587, 0.114])


@functools.lru_cache(maxsize=4)
def rgb(megapixels: float = 0.2) -> Array:
    """A photograph, height x width x 3, red first; not to be written to."""
    pixels = np.ascontiguousarray(photograph(0, megapixels)[:, :, ::-1])
    pixels.flags.writeable = False
    return pixels


def saved(pixels: Array | Image.Image, form: str, **options: Any) -> bytes:
    """By Pillow; lossless where the format can, quality 95 for JPEG."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    if form == "bmp" and image.mode == "RGBA":  # Pillow does not declare the alpha that it writes
        return cv2.imencode(".bmp", cv2.cvtColor(np.asarray(image), cv2.COLOR_RGBA2BGRA))[1].tobytes()
    options = {"jpeg": {"quality": 95}, "webp": {"lossless": True}}.get(form, {}) | options
    buffer = io.BytesIO()
    image.save(buffer, form.upper(), **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def array(data: bytes, mode: str | None = None) -> Array:
    """As Pillow sees it, upright."""
    image = ImageOps.exif_transpose(opened(data))
    return np.asarray(image.convert(mode) if mode else image)


def filtered(data: bytes, filter_: str, **parameters: str) -> Result:
    return run(data, parse_pipeline(filter_, parameters), Limits())


def luma(pixels: Array) -> Array:
    """BT.601 luma in double precision."""
    return pixels[..., :3].astype(np.float64) @ _LUMA


def blurred(pixels: Array, sigma: float) -> Array:
    """SciPy's Gaussian in double precision, mirrored about the outermost pixels."""
    source = pixels.astype(np.float64)
    axes = (sigma, sigma, 0) if source.ndim == 3 else (sigma, sigma)
    return np.asarray(gaussian_filter(source, axes, mode="mirror", truncate=6))


def psnr(result: Array, wanted: Array, top: float = 255.0) -> float:
    """Decibels."""
    assert result.shape == wanted.shape
    error = np.mean((result.astype(np.float64) - wanted.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(top**2 / error))


def lossy_psnr(wanted: Array, form: str) -> float:
    """What Pillow reaches at the default quality of 90: no lossy result can be asked for more."""
    ideal = np.rint(np.clip(wanted, 0, 255)).astype(np.uint8)
    return psnr(array(saved(ideal, form, quality=90, lossless=False)), wanted)
