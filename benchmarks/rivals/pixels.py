"""Decode, filter, encode with OpenCV: the bare loop's work, and that of all who build on OpenCV."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

SIGMA = 3.0
_PARAMETERS = {
    ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 90],
    ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
}


def one_thread() -> None:
    """Whoever runs several pictures at once does not want each to take all cores."""
    cv2.setNumThreads(1)


def filtered(data: bytes, suffix: str, filter_name: str) -> bytes:
    """The result in the picture's own format. Raises ValueError for what is no picture."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("OpenCV cannot decode this")
    if filter_name == "grayscale":
        result = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    else:
        result = cv2.GaussianBlur(pixels, (0, 0), SIGMA)
    done, encoded = cv2.imencode(suffix, result, _PARAMETERS[suffix])
    if not done:
        raise ValueError(f"OpenCV cannot encode {suffix}")
    return encoded.tobytes()


def filter_file(source: Path, target: Path, filter_name: str) -> None:
    target.write_bytes(filtered(source.read_bytes(), source.suffix, filter_name))
