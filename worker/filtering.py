"""Pixels: from an original's bytes to the result's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import imaging
from dpip.domain import ImageFacts, Making, QueuedJob
from imaging.codec_set import codec_set
from imaging.limits import Limits
from imaging.plan import Plan

_PIPELINES_KEPT = 256
_MAKINGS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Picture:
    """One output of a job."""

    name: str
    data: bytes
    facts: ImageFacts
    making: Making


@dataclass(frozen=True, slots=True)
class Filtered:
    """All outputs of a job, in order, and where the time went (seconds)."""

    pictures: tuple[Picture, ...]
    decode: float
    filter: float
    encode: float


class Filter(Protocol):
    """Does what a job asks for to its original. Raises `Refused` kinds for pictures that cannot be done."""

    def __call__(self, data: bytes, job: QueuedJob) -> Filtered: ...


@lru_cache(_MAKINGS_KEPT)
def _making(way: str, notes: tuple[str, ...], codecs: tuple[str, ...]) -> Making:
    """The same object for the same words: many outcomes travel together, and it travels once."""
    return Making(way, notes, codecs)


@lru_cache(_PIPELINES_KEPT)
def _plan(canonical: str) -> Plan:
    return imaging.parse_plan(canonical)


def filter_here(
    data: bytes, pipeline: str, limits: Limits, wanted: Callable[[], None] = lambda: None
) -> Filtered:
    """In this thread. Raises what `imaging.run_plan` and `wanted` raise."""
    results = imaging.run_plan(data, _plan(pipeline), limits, wanted)
    timings = [result.timings for _, result in results]
    return Filtered(
        tuple(
            Picture(name, result.data, result.facts, _making(result.path, result.notes, codec_set()))
            for name, result in results
        ),
        sum(one.decode for one in timings),
        sum(one.filter for one in timings),
        sum(one.encode for one in timings),
    )
