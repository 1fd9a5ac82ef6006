"""The yardstick: decode, filter, encode in memory with OpenCV. No network, no disk, no jobs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.corpus import Picture, encode
from benchmarks.measuring import Run

THREADS = 2
SIGMA = 3.0


def decoded(data: bytes, mode: int) -> npt.NDArray[np.uint8]:
    """Raises ValueError for what is no picture."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    if pixels is None:
        raise ValueError("OpenCV cannot decode this")
    return np.asarray(pixels, dtype=np.uint8)


def filtered(picture: Picture, filter_name: str) -> bytes:
    """The result of one picture, in its own format."""
    pixels = decoded(picture.data, cv2.IMREAD_COLOR)
    if filter_name == "grayscale":
        result = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    else:
        result = cv2.GaussianBlur(pixels, (0, 0), SIGMA)
    return encode(np.asarray(result, dtype=np.uint8), picture.format)


def run(pictures: Sequence[Picture], filter_name: str) -> Run:
    """All pictures with `THREADS` threads, one OpenCV thread each."""
    cv2.setNumThreads(1)
    cpu, began = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda picture: len(filtered(picture, filter_name)), pictures):
            pass
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return Run(len(pictures), seconds, {"loop": cpu_seconds * 1000 / len(pictures)})
