"""Workloads and images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import (
    ImageFacts,
    ImageKind,
    Making,
    Needs,
    StoredImage,
    Workload,
    WorkloadStatus,
)
from dpip.ports.paging import Page
from dpip.ports.receipts import Part, Receipt


@dataclass(frozen=True, slots=True)
class NewOriginal:
    """An upload that is about to become an image and a job."""

    workload_id: str
    name: str | None  # the uploader's file name
    extension: str
    facts: ImageFacts
    needs: Needs
    trace: str | None = None  # the `traceparent` that came with it


class Catalog(Protocol):
    """Workloads and images. `owner_id=None` means: whoever owns it (for admins and workers)."""

    def create_workload(self, workload: Workload, receipt: Receipt | None = None) -> Workload:
        """Raises `Conflict` when the name (or one that clashes with it) is taken, and `InProgress` when
        the receipt's key is not held any more."""

    def workload(self, workload_id: str, owner_id: str | None) -> Workload | None: ...
    def workloads(
        self,
        owner_id: str | None,
        *,
        active_only: bool = False,
        status: WorkloadStatus | None = None,
        oldest_first: bool = False,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Workload]:
        """Newest first, unless asked for otherwise. Active is what is not completed."""

    def change_workload(
        self, workload_id: str, *, name: str | None = None, priority: int | None = None
    ) -> Workload | None:
        """Raises `Conflict` for a name that is taken, and for any once an image was uploaded: it is the
        directory of the images. None: there is no such workload."""

    def cancel_workload(self, workload_id: str, now: float) -> Workload | None:
        """Fail every queued and running job as cancelled; uploads to it are refused from then on."""

    def resume_workload(self, workload_id: str, now: float) -> Workload | None:
        """Queue what was cancelled, and take uploads again. None: there is no such workload."""

    def replay(
        self, workload_id: str, now: float, *, job_id: str | None = None, kind: str | None = None
    ) -> int:
        """failed -> queued: one job, those that failed for one kind of reason, or all; returns how many.
        Raises `NotFound`, and `Conflict` while the workload is cancelled."""

    def delete_workload(self, workload_id: str) -> tuple[str, ...] | None:
        """Remove all rows of it; returns the keys whose bytes are to be removed. None: there was none."""

    def delete_original(self, image_id: str, now: float) -> tuple[str, ...] | None:
        """Remove an original with its results and its job; the answer is as for a workload."""

    def filtered_ids(self, workload_ids: Sequence[str]) -> dict[str, list[str]]:
        """For each workload, ids of its filtered images in order of upload (an empty list if none)."""

    def add_original(
        self,
        new: NewOriginal,
        place: Callable[[str], None],
        now: float,
        receipt: Callable[[StoredImage], Receipt | None] | None = None,
    ) -> StoredImage:
        """Image row and job row in one transaction.

        The id and the key are chosen inside it; `place(key)` is called there, just before the
        commit, to make the bytes durable under that key. Raises `OverQuota` before any is placed when
        the owner keeps as much as they may, `NotFound` for an unknown workload,
        `Conflict` for a cancelled one, and whatever `place` raises, in which case no row is left.
        """

    def add_originals(
        self,
        new: Sequence[NewOriginal],
        places: Sequence[Callable[[str], None]],
        now: float,
        part: Callable[[tuple[StoredImage, ...]], Part | None] | None = None,
    ) -> tuple[StoredImage, ...]:
        """`add_original` for many of one workload, in order, in one transaction: all of them or none.
        Raises `InProgress` when the key of `part` is not held any more.

        When one of `places` raises, no row is left, but what was placed before it is there: bytes
        without a row.
        """

    def image(self, image_id: str, owner_id: str | None) -> StoredImage | None: ...
    def images(
        self,
        workload_id: str,
        *,
        kind: ImageKind | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[StoredImage]:
        """In order of upload."""

    def makings(self, image_ids: Sequence[str]) -> dict[str, Making]:
        """How these filtered images were made, as far as it is known."""

    def makings_of(self, workload_id: str) -> tuple[tuple[Making, int], ...]:
        """How the filtered images of a workload were made, and how many each way; most of them first."""

    def known_keys(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that a row points at (the sweeper removes the others' bytes)."""
