"""Pixels: from an original's bytes to the result's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import imaging
from dpip.domain import ImageFacts, QueuedJob
from imaging.limits import Limits
from imaging.pipeline import Pipeline

_PIPELINES_KEPT = 256


@dataclass(frozen=True, slots=True)
class Filtered:
    """A result, and where the time went (seconds)."""

    data: bytes
    facts: ImageFacts
    decode: float
    filter: float
    encode: float


class Filter(Protocol):
    """Does what a job asks for to its original. Raises `Refused` kinds for pictures that cannot be done."""

    def __call__(self, data: bytes, job: QueuedJob) -> Filtered: ...


@lru_cache(_PIPELINES_KEPT)
def _pipeline(canonical: str) -> Pipeline:
    return imaging.parse_pipeline(canonical)


def filter_here(data: bytes, pipeline: str, limits: Limits) -> Filtered:
    """In this thread. Raises what `imaging.run` raises."""
    result = imaging.run(data, _pipeline(pipeline), limits)
    timings = result.timings
    return Filtered(result.data, result.facts, timings.decode, timings.filter, timings.encode)
