"""Who works here, and where the API is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import (
    Load,
    Machine,
    Worker,
    WorkerState,
)


@dataclass(frozen=True, slots=True)
class Report:
    """A worker's report as the register stores it."""

    worker_id: str
    state: WorkerState
    incarnation: int
    load: Load
    at: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A worker's resources at a time, or their mean over a bucket of `seconds` once they were thinned."""

    worker_id: str
    at: float
    seconds: float
    cpu_percent: float
    memory_available: int
    running_jobs: float
    gpu_percent: float
    gpu_memory_used: int


class WorkerRegister(Protocol):
    """Who works here, and how busy they are."""

    def join(self, name: str, tags: tuple[str, ...], machine: Machine, instance: str, now: float) -> Worker:
        """Subscribe. `instance` is the worker process's own random word: the same instance again, or a
        name whose worker is lost or left, gets the id the name had; a name that another live instance
        holds raises `Conflict`."""

    def record(self, reports: Sequence[Report]) -> set[str]:
        """Take reports and keep samples, in one transaction; returns the ids that are not registered."""

    def mark_lost(self, now: float, silent_for_s: float) -> tuple[str, ...]:
        """Alive, joining or draining workers that were silent for so long become lost; returns their ids."""

    def workers(self, *, gone_since: float | None = None) -> tuple[Worker, ...]:
        """By name. Lost and left ones only when they were last heard of after `gone_since`."""

    def samples(self, worker_id: str, since: float) -> tuple[Sample, ...]: ...
    def thin_samples(self, now: float) -> int:
        """Average samples into coarser buckets as they age, drop the oldest; returns rows removed."""


class ApiEndpoints(Protocol):
    """Where the API can be reached, for workers that do not share the image store."""

    def announce_api(self, url: str, now: float) -> None: ...
    def api_url(self) -> str | None: ...
