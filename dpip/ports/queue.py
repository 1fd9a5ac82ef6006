"""The life of jobs, and which scheduler may place them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import (
    ClaimedJob,
    FailedImage,
    Job,
    JobState,
    Outcome,
    Placement,
    QueuedJob,
)
from dpip.ports.paging import Page
from dpip.priority import YOUNG, Ageing


class Leadership(Protocol):
    """Which scheduler may place jobs. A new leader fences the old one by a higher epoch."""

    def take(self, holder: str, now: float, until: float) -> int | None:
        """The epoch of the new leader, or None while somebody else's term runs."""

    def renew(self, epoch: int, now: float, until: float) -> bool:
        """False when another leader came since."""

    def resign(self, epoch: int) -> None: ...
    def announce_ray(self, epoch: int, ray_address: str) -> None:
        """Where the Ray cluster's GCS listens (`host:port`); handed to workers that subscribe."""

    def ray_address(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is queued of a workload."""

    jobs: int
    megapixels: float | None  # None: too many to be added up


class JobQueue(Protocol):
    """The life of jobs. Every change is one conditional UPDATE on state and attempt."""

    def candidates(
        self, limit: int, per_workload: int, offered_tags: frozenset[str], ageing: Ageing = YOUNG
    ) -> tuple[QueuedJob, ...]:
        """Up to `limit` queued jobs: one of each owner in turn, of an owner those of the highest level first,
        and among workloads of the same level one of each in turn.

        Jobs that ask for a tag outside `offered_tags` are left out. Each workload's are in order of upload.
        """

    def largest(
        self, limit: int, offered_tags: frozenset[str], ageing: Ageing = YOUNG
    ) -> tuple[QueuedJob, ...]:
        """About `limit` queued jobs with the most pixels, as many of each workload as of `candidates`."""

    def waiting(self) -> dict[str, Waiting]:
        """What is queued of each workload."""

    def claim(
        self,
        placements: Sequence[Placement],
        epoch: int,
        now: float,
        lease_until: float,
        known: Mapping[str, QueuedJob] = ...,
    ) -> tuple[ClaimedJob, ...]:
        """queued -> running with attempt + 1, in one transaction; those that were not queued any more
        are left out. Raises `Fenced` when `epoch` is not the current leader's. What the caller knows
        of the jobs already, by id, is not read again unless it has changed."""

    def copy(self, copies: Sequence[ClaimedJob], epoch: int) -> set[str]:
        """Let these attempts run on another worker, too. Returns the ids of the jobs that may: those that
        still run in that attempt and had no copy yet. Raises `Fenced` like `claim`."""

    def renew(self, claimed: Sequence[tuple[str, int]], lease_until: float) -> None:
        """Prolong the leases of these (job id, attempt) pairs."""

    def finish(self, outcomes: Sequence[Outcome], now: float, max_attempts: int) -> tuple[bool, ...]:
        """running -> done | failed, filtered image row and all, in one transaction.

        A retryable failure goes back to the queue until `max_attempts` is reached. The answer says for
        each outcome whether it stands: True also when the very same attempt was committed before
        (with the same key), False when it was fenced off or its job is gone.
        """

    def release(self, claimed: Sequence[tuple[str, int]], *, died: int, now: float) -> int:
        """running -> queued for these (job id, attempt) pairs; so many workers `died`, which counts against
        the job."""

    def release_expired(self, now: float) -> int:
        """running -> queued for every job whose lease ran out."""

    def release_before_epoch(self, epoch: int, now: float) -> int:
        """running -> queued for every job that an earlier leader placed."""

    def running(self) -> tuple[tuple[str, int, str], ...]:
        """(job id, attempt, worker id) of every running job."""

    def cancelled_among(self, claimed: Sequence[tuple[str, int]]) -> set[str]:
        """Those of these (job id, attempt) pairs that are not running any more, by job id."""

    def jobs(
        self, workload_id: str, *, state: JobState | None = None, limit: int = 100, after: str | None = None
    ) -> Page[Job]: ...
    def job(self, job_id: str) -> Job | None: ...
    def failures(
        self, workload_id: str, *, kind: str | None = None, limit: int = 100, after: str | None = None
    ) -> Page[FailedImage]:
        """Of this kind, or all, in order of upload."""
