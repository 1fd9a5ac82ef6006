"""Workloads, images and jobs."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.common import Cursor, Id, Moment
from dpip.domain import ImageKind, JobState, VideoState, WorkloadStatus
from dpip.priority import HIGHEST, LOWEST

Count = Annotated[int, Field(ge=0)]
Priority = Annotated[
    int, Field(ge=LOWEST, le=HIGHEST, description="among its owner's workloads; the highest first")
]


class Failure(TypedDict):
    """Why a job failed for good."""

    kind: Annotated[str, Field(description="a word for programs: unreadable, too-large, poisonous, ...")]
    detail: str


class FailureOfImage(Failure):
    """The same, with the original."""

    image_id: Id


class Workload(TypedDict):
    """A batch of images that go through one pipeline."""

    workload_id: Id
    workload_name: str
    filter: Annotated[str, Field(description="names of its filters")]
    pipeline: Annotated[str, Field(description="its filters with their parameters, in canonical form")]
    outputs: Annotated[list[str], Field(description="names of the filtered images of each original")]
    status: WorkloadStatus
    running_jobs: Annotated[int, Field(ge=0, description="jobs that are not finished yet")]
    filtered_images: Annotated[
        list[Id], Field(description="in the order in which their originals were uploaded")
    ]
    total: Count
    queued: Count
    running: Count
    done: Count
    failed: Count
    failed_images: Annotated[list[FailureOfImage], Field(description="the first hundred")]
    priority: Priority
    tags: Annotated[list[str], Field(description="its jobs run only on workers that offer all of them")]
    missing_tags: Annotated[list[str], Field(description="those that no live worker offers")]
    cancelled: bool
    created_at: Moment | None
    note: Annotated[str | None, Field(description="what a person who waits for it would want to be told")]
    video: Annotated[
        VideoState | None,
        Field(description="of the video whose frames its images are; null: it takes images"),
    ]


class Workloads(TypedDict):
    """A page of workloads."""

    workloads: list[Workload]
    next: Cursor


class Image(TypedDict):
    """An original or a filtered image."""

    image_id: Id
    workload_id: Id
    type: ImageKind
    output: Annotated[str | None, Field(description="of a filtered image: which of the workload's outputs")]
    name: Annotated[str | None, Field(description="the file's name, as it was uploaded")]
    format: str
    width: Annotated[int, Field(ge=1, description="pixels")]
    height: Annotated[int, Field(ge=1, description="pixels")]
    size_bytes: Count
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    created_at: Moment | None
    state: Annotated[JobState | None, Field(description="of an original: how its job stands")]
    failure: Failure | None
    notes: Annotated[list[str], Field(description="of a filtered image: what it could not keep")]


class Images(TypedDict):
    """A page of images."""

    images: list[Image]
    next: Cursor


class Kept(TypedDict):
    """An image that was uploaded and will not be lost."""

    workload_id: Id
    image_id: Id
    type: ImageKind
    format: NotRequired[str]
    width: NotRequired[Annotated[int, Field(ge=1)]]
    height: NotRequired[Annotated[int, Field(ge=1)]]
    size_bytes: NotRequired[Count]
    key: NotRequired[Annotated[str, Field(description="of a worker's delivery: where the bytes lie")]]
    final: NotRequired[Literal[False]]


class NotTaken(TypedDict):
    """A file of a bulk upload that was refused; the others were kept."""

    position: Annotated[int, Field(ge=1, description="which file of the request")]
    name: str | None
    status: int
    detail: str


class BulkKept(TypedDict):
    """What became of each file."""

    workload_id: Id
    images: list[Kept]
    refused: list[NotTaken]


class Deleted(TypedDict):
    """What was deleted."""

    deleted_images: Annotated[int, Field(ge=0, description="originals and results together")]


class DeletedWorkload(Deleted):
    """A workload that is gone with its images."""

    workload_id: Id


class DeletedImage(Deleted):
    """An original that is gone with its results."""

    image_id: Id


class Timings(TypedDict):
    """Where a job's time went on its worker, in seconds."""

    fetch: float
    decode: float
    filter: float
    encode: float
    deliver: float
    total: float


class Job(TypedDict):
    """The work on one original: where, why there, how long."""

    image_id: Id
    workload_id: Id
    state: JobState
    attempt: Count
    worker: str | None
    reason: Annotated[str | None, Field(description="why it was placed there")]
    failure: Failure | None
    queued_at: Moment | None
    started_at: Moment | None
    finished_at: Moment | None
    timings_s: Timings | None


class Jobs(TypedDict):
    """A page of jobs."""

    jobs: list[Job]
    next: Cursor


class FailedImage(TypedDict):
    """An original whose job failed for good."""

    image_id: Id
    name: str | None
    kind: str
    detail: str
    attempts: Count
    worker: Annotated[str | None, Field(description="that had it last")]
    failed_at: Moment | None


class FailedImages(TypedDict):
    """A page of failures."""

    failures: list[FailedImage]
    next: Cursor


class Replayed(TypedDict):
    """How many failed jobs run once more."""

    workload_id: Id
    replayed: Count
