"""What was done over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import (
    JobState,
)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of attempts in some time."""

    done: int = 0  # jobs
    failed: int = 0  # for good
    again: int = 0  # attempts that ended in a passing failure
    megapixels: float = 0.0  # of the originals of what was done
    busy_s: float = 0.0  # seconds that workers spent on what was done

    def __add__(self, other: Done) -> Done:
        return Done(
            self.done + other.done,
            self.failed + other.failed,
            self.again + other.again,
            self.megapixels + other.megapixels,
            self.busy_s + other.busy_s,
        )


@dataclass(frozen=True, slots=True)
class Throughput:
    """What was done in the `seconds` from `at` on."""

    at: float
    seconds: float
    done: Done


@dataclass(frozen=True, slots=True)
class Use:
    """How busy all workers together were, from `at` on."""

    at: float
    workers: int  # that reported
    cpu_percent: float  # mean of their machines
    running_jobs: float  # of all of them


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs there are, by pipeline and state, when the one that waits longest was queued, and how long the
    term of the scheduler that leads runs."""

    jobs: Mapping[str, Mapping[JobState, int]]
    oldest_queued_at: float | None
    leads_until: float | None


class History(Protocol):
    """What goes on and what went on, in numbers."""

    def throughput(self, since: float) -> tuple[Throughput, ...]:
        """By the minute, by the hour what is more than a day ago; in order of time."""

    def total(self) -> Done:
        """Since the datastore was made."""

    def use(self, since: float, bucket_s: float) -> tuple[Use, ...]: ...
    def thin(self, now: float) -> int:
        """Make hours of old minutes; returns rows removed."""

    def backlog(self) -> Backlog: ...
    def size_bytes(self) -> int:
        """Of the database."""
