"""The life of a job as a pure function: what each event makes of it, or that it changes nothing.

The datastore's conditional updates do the same thing in SQL, and all of them count their changes by `MOVES`.
Tests explore both side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dpip.domain import JobState

MOVES: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED}),
    JobState.RUNNING: frozenset({JobState.DONE, JobState.FAILED, JobState.QUEUED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
}  # where a job may go from each state


@dataclass(frozen=True, slots=True)
class JobLife:
    """What of a job decides on what may become of it."""

    state: JobState = JobState.QUEUED
    attempt: int = 0  # the fencing token: counts claims, and never goes back
    spent: int = 0  # attempts before it was replayed: they count no more against it
    deaths: int = 0  # workers that died while they had it
    epoch: int = 0  # of the leader that claimed it last
    lease_until: float = 0.0  # means something while it runs
    cancelled: bool = False  # what it failed of


@dataclass(frozen=True, slots=True)
class Claimed:
    """A leader places it. A former leader's claims are refused before they get here."""

    epoch: int
    lease_until: float


@dataclass(frozen=True, slots=True)
class Renewed:
    attempt: int
    lease_until: float


@dataclass(frozen=True, slots=True)
class Succeeded:
    """An outcome; so is `Failed`. Which of several copies of the attempt it is of does not matter."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Failed:
    attempt: int
    retryable: bool
    max_attempts: int


@dataclass(frozen=True, slots=True)
class Released:
    """Its workers are gone, or never had it; so many `died`."""

    attempt: int
    died: int = 0


@dataclass(frozen=True, slots=True)
class TimePassed:
    now: float


@dataclass(frozen=True, slots=True)
class LeaderChanged:
    epoch: int  # of the new one


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Its workload was."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Somebody wants a failed one tried again."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Its workload goes on: what was cancelled is wanted again."""


Event = (
    Claimed
    | Renewed
    | Succeeded
    | Failed
    | Released
    | TimePassed
    | LeaderChanged
    | Cancelled
    | Replayed
    | Resumed
)


def goes_back(attempt: int, spent: int, *, retryable: bool, max_attempts: int) -> bool:
    """Whether a job whose attempt failed is tried again."""
    return retryable and attempt - spent < max_attempts


def after(life: JobLife, event: Event) -> JobLife:
    """What the event makes of it; the same life where it changes nothing."""
    match event:
        case Claimed(epoch, lease_until) if life.state is JobState.QUEUED:
            return replace(
                life, state=JobState.RUNNING, attempt=life.attempt + 1, epoch=epoch, lease_until=lease_until
            )
        case Cancelled() if life.state in {JobState.QUEUED, JobState.RUNNING}:
            return replace(life, state=JobState.FAILED, cancelled=True)
        case Replayed() if life.state is JobState.FAILED:
            return _again(life)
        case Resumed() if life.state is JobState.FAILED and life.cancelled:
            return _again(life)
        case _ if life.state is JobState.RUNNING:
            return _while_running(life, event)
    return life


def _while_running(life: JobLife, event: Event) -> JobLife:
    changes: dict[str, Any] = {}
    match event:
        case Renewed(attempt, lease_until) if attempt == life.attempt:
            changes = {"lease_until": lease_until}
        case Succeeded(attempt) if attempt == life.attempt:
            changes = {"state": JobState.DONE}
        case Failed(attempt, retryable, most) if attempt == life.attempt:
            again = goes_back(attempt, life.spent, retryable=retryable, max_attempts=most)
            changes = {"state": JobState.QUEUED if again else JobState.FAILED}
        case Released(attempt, died) if attempt == life.attempt:
            changes = {"state": JobState.QUEUED, "deaths": life.deaths + died}
        case TimePassed(now) if life.lease_until <= now:
            changes = {"state": JobState.QUEUED}
        case LeaderChanged(epoch) if life.epoch < epoch:
            changes = {"state": JobState.QUEUED}
    return replace(life, **changes)


def _again(life: JobLife) -> JobLife:
    return replace(life, state=JobState.QUEUED, spent=life.attempt, cancelled=False)
