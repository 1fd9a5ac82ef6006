"""Claimed jobs over real pictures in a real folder store, and what their results must be."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np

from dpip.domain import ClaimedJob, ImageFacts, Needs, QueuedJob, Success
from dpip.ids import original_id, original_key
from dpip.ports import ImageStore
from tests.pictures import encode, photograph

MEBIBYTE = 2**20
WORKLOAD = "1m7wf50wm246rx6zr"


def picture(number: int = 0, megapixels: float = 0.2) -> bytes:
    return encode(photograph(number, megapixels), "png")


def claimed(
    store: ImageStore,
    data: bytes,
    number: int = 1,
    *,
    attempt: int = 1,
    deaths: int = 0,
    pipeline: str = "grayscale",
    worker_id: str = "w",
    memory: int = 64 * MEBIBYTE,
) -> ClaimedJob:
    """A job whose original lies in the store."""
    job_id = original_id(WORKLOAD, number)
    key = original_key("tests", job_id, "png")
    if attempt == 1:
        store.put(key, data)
    facts = ImageFacts("png", 1, 1, len(data), hashlib.sha256(data).hexdigest())
    needs = Needs(1.0, memory)
    job = QueuedJob(
        job_id, WORKLOAD, "tests", "o", key, facts, pipeline, needs, 0.0, attempt=attempt - 1, deaths=deaths
    )
    return ClaimedJob(job, worker_id, attempt, 1e12)


def pixels(data: bytes) -> np.ndarray:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return np.asarray(decoded)


def assert_gray(store: ImageStore, result: Success, original: bytes) -> None:
    """The stored result is the BT.601 luma of the original, within rounding."""
    data = store.get(result.key)
    assert result.facts.size_bytes == len(data)
    assert result.facts.sha256 == hashlib.sha256(data).hexdigest()
    blue, green, red = np.moveaxis(pixels(original).astype(float), -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    filtered = pixels(data)
    assert filtered.ndim == 2
    assert (filtered.shape[1], filtered.shape[0]) == (result.facts.width, result.facts.height)
    assert np.abs(filtered - luma).max() <= 1.0
