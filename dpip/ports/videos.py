"""Videos, and who works on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import (
    ClaimedVideo,
    Failure,
    ImageFacts,
    StoredImage,
    Video,
    VideoFacts,
    Workload,
)
from dpip.ports.catalog import NewOriginal
from dpip.ports.paging import Page
from dpip.ports.receipts import Receipt


@dataclass(frozen=True, slots=True)
class NewVideo:
    """An upload that is about to become a video and its workload."""

    name: str | None  # the uploader's file name
    extension: str
    size_bytes: int
    sha256: str
    facts: VideoFacts
    target: str  # format of the video to be made
    quality: str = "high"  # that it is encoded with


class Videos(Protocol):
    """Videos, each the only one of its workload. What names an attempt raises `Fenced` when that is over."""

    def create(
        self,
        workload: Workload,
        new: NewVideo,
        place: Callable[[str], None],
        receipt: Receipt | None = None,
    ) -> Workload:
        """Workload, video and receipt in one transaction, with `place(key)` just before its commit; raises
        what `Catalog.create_workload` and `Catalog.add_original` raise."""

    def video(self, workload_id: str) -> Video | None: ...
    def videos(self, owner_id: str | None, *, limit: int = 100, after: str | None = None) -> Page[Video]:
        """Newest first."""

    def again(self, workload_id: str, now: float) -> bool:
        """failed -> waiting; False when it had not failed."""

    def claim(self, now: float, lease_until: float) -> ClaimedVideo | None:
        """The one that waits longest, or whose lease ran out, with attempt + 1; frames of earlier attempts
        are gone then."""

    def renew(self, workload_id: str, attempt: int, lease_until: float) -> None: ...
    def release(self, workload_id: str, attempt: int, now: float) -> None:
        """running -> waiting: somebody else begins it anew."""

    def add_frames(
        self,
        workload_id: str,
        attempt: int,
        new: Sequence[NewOriginal],
        places: Sequence[Callable[[str], None]],
        now: float,
    ) -> tuple[StoredImage, ...]:
        """Image rows and job rows in one transaction, as of originals, but on nobody's quota."""

    def ended_frames(self, workload_id: str) -> Mapping[str, str | Failure]:
        """By a frame's id, the key of its filtered image, or why there will be none."""

    def drop_frames(self, workload_id: str, attempt: int, frame_ids: Sequence[str]) -> tuple[str, ...]:
        """They are in the new video. Returns the keys whose bytes are to be removed."""

    def finish(
        self,
        workload_id: str,
        attempt: int,
        facts: ImageFacts,
        place: Callable[[str], None],
        now: float,
        notes: Sequence[str] = (),
    ) -> None:
        """running -> done, with `place(key)` just before the commit. `notes` go beside those of its facts."""

    def fail(self, workload_id: str, attempt: int, failure: Failure, now: float) -> None:
        """running -> failed."""

    def tidy(self) -> tuple[str, ...]:
        """Remove frames of videos that nobody works on; returns the keys whose bytes are to be removed."""
