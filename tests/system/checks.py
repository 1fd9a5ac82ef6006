"""What is right for a user: every original has one correct result, in order. Checked by Pillow and NumPy."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from tests.system.client import Client

JPEG_PSNR_DB = 34.0  # what is left after a second JPEG encoding at quality 90
PNG_LEVELS = 1  # rounding differs by at most one of 255 between implementations


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio of 8-bit pictures in decibel: 10 log10(255^2 / mean squared error)."""
    error = np.mean((one.astype(np.float32) - other.astype(np.float32)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def is_grayscale_of(original: bytes, result: bytes) -> None:
    """Raise AssertionError unless `result` is `original` in ITU-R BT.601 luma, same size, same format."""
    before, after = Image.open(io.BytesIO(original)), Image.open(io.BytesIO(result))
    assert after.format == before.format
    assert after.size == before.size
    assert after.mode == "L"
    expected, got = np.asarray(before.convert("L")), np.asarray(after)
    if before.format == "JPEG":
        assert psnr(expected, got) > JPEG_PSNR_DB
    else:
        assert int(np.abs(expected.astype(int) - got.astype(int)).max()) <= PNG_LEVELS


def every_original_has_its_result(
    client: Client, workload_id: str, uploaded: Mapping[str, bytes], order: Sequence[str]
) -> None:
    """`uploaded`: bytes by image id; `order`: ids as they were uploaded, one after another."""
    workload = client.workload(workload_id)
    filtered: list[str] = workload["filtered_images"]
    assert workload["running_jobs"] == 0
    assert len(filtered) == len(set(filtered)) == len(uploaded)
    assert list(order) == sorted(order)
    assert filtered == sorted(filtered)
    assert filtered == [f"{image_id}-filtered" for image_id in order]

    def check(pair: tuple[str, str]) -> None:
        original_id, filtered_id = pair
        is_grayscale_of(uploaded[original_id], client.image(filtered_id))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(check, zip(order, filtered, strict=True)))
