"""How near a result comes to what it should look like."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.pixels.tasks import SIDES, SIGMA

Array = npt.NDArray[np.float64]


def psnr(source: Path, target: Path, task: str) -> float:
    """Decibels between a result and the same done without hurry, in floating point."""
    result = _read(target)
    wanted = _wanted(_read(source), task, (result.shape[1], result.shape[0]))
    if task == "grayscale":
        result = result[..., :1]
    error = np.mean((result - wanted) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def _read(path: Path) -> Array:
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{path} is no picture")
    return np.asarray(pixels, dtype=np.float64)


def _wanted(pixels: Array, task: str, size: tuple[int, int]) -> Array:
    if task == "grayscale":
        return (pixels @ np.array([0.114, 0.587, 0.299]))[..., None]
    if task == "blur":
        size = 2 * 4 * SIGMA + 1
        return np.asarray(cv2.GaussianBlur(pixels, (size, size), SIGMA, borderType=cv2.BORDER_REFLECT_101))
    if task in SIDES:
        channels = [
            np.asarray(Image.fromarray(channel.astype(np.float32)).resize(size, Image.Resampling.LANCZOS))
            for channel in cv2.split(pixels)
        ]
        return np.dstack(channels).astype(np.float64)
    return pixels
