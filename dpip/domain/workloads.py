"""Workloads and their images."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dpip.domain.states import STATUS_OF_VIDEO, VideoState, WorkloadStatus
from dpip.priority import USUAL

DEFAULT_OUTPUT = "filtered"  # of a pipeline that makes one picture of each


class ImageKind(StrEnum):
    """Where an image came from."""

    ORIGINAL = "original"  # uploaded by a user
    FILTERED = "filtered"  # made by a worker
    FRAME = "frame"  # taken out of a video; gone once its filtered image is in the new video
    VIDEO = "video"  # uploaded by a user, whole
    FILTERED_VIDEO = "filtered-video"  # joined from filtered frames


@dataclass(frozen=True, slots=True)
class Workload:
    """A batch of images that go through one pipeline. The four counts are of its jobs."""

    id: str
    name: str
    owner_id: str
    pipeline: str  # canonical text, as `imaging.pipeline` prints it
    tags: tuple[str, ...]  # a job runs only on a worker that offers all of them
    created_at: float
    outputs: tuple[str, ...] = (DEFAULT_OUTPUT,)  # names of the filtered images of each original
    priority: int = USUAL  # among its owner's workloads: `LOWEST` to `HIGHEST` of dpip.priority
    cancelled_at: float | None = None
    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    video: VideoState | None = None  # of the video whose frames these are; None: it takes images

    @property
    def unfinished(self) -> int:
        return self.queued + self.running

    @property
    def total(self) -> int:
        return self.unfinished + self.done + self.failed

    @property
    def status(self) -> WorkloadStatus:
        if self.video is not None:
            return STATUS_OF_VIDEO[self.video]
        if self.running:
            return WorkloadStatus.RUNNING
        if self.queued or not self.total:
            return WorkloadStatus.SCHEDULING
        return WorkloadStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of some image bytes without decoding them."""

    format: str  # "jpeg", "png", ...; see imaging.formats
    width: int
    height: int
    size_bytes: int
    sha256: str  # hexadecimal

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6


@dataclass(frozen=True, slots=True)
class StoredImage:
    id: str
    workload_id: str
    owner_id: str
    seq: int  # place in the order of upload, from 1; a filtered image has its original's
    kind: ImageKind
    key: str  # where the image store keeps the bytes
    name: str | None  # the file name the uploader gave, if any
    facts: ImageFacts
    created_at: float
