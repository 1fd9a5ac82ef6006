"""Nobody wins by not doing the work: some results of each run are compared with the bare loop's."""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.rivals.pixels import filtered

LEAST_DB = 20.0  # other definitions of luma, other borders and other blurs pass; other pictures do not


class Wrong(Exception):
    """A result is not what was asked for."""


def samples(count: int) -> list[int]:
    """Which results are looked at: the first, the middle and the last."""
    return sorted({0, count // 2, count - 1})


def likeness(source: Path, result: bytes, filter_name: str) -> float:
    """Peak signal-to-noise ratio in dB between a result and the bare loop's. Raises Wrong."""
    got, wanted = _pixels(result), _wanted(source, filter_name)
    if got is None:
        raise Wrong(f"the result of {source.name} is no picture")
    if got.ndim == 3 and filter_name == "grayscale":
        spread = int(np.ptp(got[:, :, :3].astype(np.int16), axis=2).max())
        if spread > 0:
            raise Wrong(f"the result of {source.name} is in colour")
        got = np.ascontiguousarray(got[:, :, 0])
    if got.shape != wanted.shape:
        raise Wrong(f"the result of {source.name} is {got.shape}, not {wanted.shape}")
    found = float(cv2.PSNR(got, wanted))
    if found < LEAST_DB:
        raise Wrong(f"the result of {source.name} has {found:.1f} dB beside the bare loop's")
    return found


@functools.lru_cache(maxsize=32)
def _wanted(source: Path, filter_name: str) -> npt.NDArray[np.uint8]:
    pixels = _pixels(filtered(source.read_bytes(), source.suffix, filter_name))
    if pixels is None:
        raise Wrong(f"the bare loop makes no picture of {source.name}")
    return pixels


def _pixels(data: bytes) -> npt.NDArray[np.uint8] | None:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)
