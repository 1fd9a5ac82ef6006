"""What the API gives, as values. `raw` is the JSON object itself: fields that are new stand in there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dpip_client.errors import DpipError, NotDpip

Json: TypeAlias = Mapping[str, Any]

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


def id_of(text: object) -> str:
    """`text`, which callers make URLs and file names of. Raises `NotDpip` for what could lead elsewhere."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise NotDpip(f"the server gives an id that is none of DPIP's: {text!a:.60}")
    return text


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture could not be filtered: a word for its kind, a sentence for people."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Workload:
    """A batch of images under one pipeline, as it stood when it was asked for."""

    id: str
    name: str
    filter: str
    pipeline: str
    status: str  # scheduling, running or completed
    filtered_images: tuple[str, ...]
    total: int
    queued: int
    running: int
    done: int
    failed: int
    cancelled: bool
    note: str | None
    created_at: str
    raw: Json = field(repr=False, compare=False)

    @property
    def completed(self) -> bool:
        """Every upload is filtered, or failed for good."""
        return self.status == "completed"

    @staticmethod
    def of(shown: Json) -> Workload:
        return Workload(
            id=id_of(shown["workload_id"]),
            name=shown["workload_name"],
            filter=shown["filter"],
            pipeline=shown.get("pipeline", shown["filter"]),
            status=shown["status"],
            filtered_images=tuple(map(id_of, shown["filtered_images"])),
            total=shown.get("total", 0),
            queued=shown.get("queued", 0),
            running=shown.get("running", 0),
            done=shown.get("done", 0),
            failed=shown.get("failed", 0),
            cancelled=shown.get("cancelled", False),
            note=shown.get("note"),
            created_at=shown.get("created_at", ""),
            raw=shown,
        )


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a workload: an original or a result. Width and height in pixels."""

    id: str
    workload_id: str
    type: str  # original or filtered
    output: str | None  # of a result: which of the pipeline's outputs it is
    name: str | None  # the uploader's file name
    format: str
    width: int
    height: int
    size_bytes: int
    sha256: str  # hexadecimal
    state: str | None  # of an original: how its job stands
    failure: Failure | None
    raw: Json = field(repr=False, compare=False)

    @staticmethod
    def of(shown: Json) -> Image:
        return Image(
            id=id_of(shown["image_id"]),
            workload_id=shown["workload_id"],
            type=shown["type"],
            output=None if shown.get("output") is None else id_of(shown["output"]),
            name=shown.get("name"),
            format=shown["format"],
            width=shown["width"],
            height=shown["height"],
            size_bytes=shown["size_bytes"],
            sha256=shown.get("sha256", ""),
            state=shown.get("state"),
            failure=failure_of(shown.get("failure")),
            raw=shown,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """What became of an original: where it ran, why there, how often it was tried."""

    image_id: str
    state: str  # queued, running, done or failed
    attempt: int
    worker: str | None
    reason: str | None
    failure: Failure | None
    raw: Json = field(repr=False, compare=False)

    @staticmethod
    def of(shown: Json) -> Job:
        return Job(
            image_id=id_of(shown["image_id"]),
            state=shown["state"],
            attempt=shown["attempt"],
            worker=shown["worker"],
            reason=shown["reason"],
            failure=failure_of(shown["failure"]),
            raw=shown,
        )


@dataclass(frozen=True, slots=True)
class Video:
    """A video and how far the filtered one is, as it stood when it was asked for."""

    id: str  # also its workload's: cancel, resume, replay and delete that
    workload_name: str
    name: str | None  # the uploader's file name
    pipeline: str
    state: str  # waiting, running, done, failed or cancelled
    frames: int | None  # by its headers; may be an estimate
    frames_split: int  # that were taken out of it so far
    frames_joined: int  # that are in the filtered video so far
    video_format: str  # of the filtered video
    failure: Failure | None
    notes: tuple[str, ...]
    raw: Json = field(repr=False, compare=False)

    @property
    def ended(self) -> bool:
        return self.state in {"done", "failed", "cancelled"}

    @staticmethod
    def of(shown: Json) -> Video:
        return Video(
            id=shown["video_id"],
            workload_name=shown["workload_name"],
            name=shown["name"],
            pipeline=shown["pipeline"],
            state=shown["state"],
            frames=shown["frames"],
            frames_split=shown["frames_split"],
            frames_joined=shown["frames_joined"],
            video_format=shown["video_format"],
            failure=failure_of(shown["failure"]),
            notes=tuple(shown["notes"]),
            raw=shown,
        )


@dataclass(frozen=True, slots=True)
class Worker:
    """Who filters, and how busy the machine is. Memory in bytes."""

    name: str
    state: str
    tags: tuple[str, ...]
    host: str
    cores: int
    cpu_percent: float | None
    memory_total: int
    memory_available: int | None
    running_jobs: int
    raw: Json = field(repr=False, compare=False)

    @staticmethod
    def of(shown: Json) -> Worker:
        return Worker(
            name=shown["name"],
            state=shown["state"],
            tags=tuple(shown["tags"]),
            host=shown["host"],
            cores=shown["cores"],
            cpu_percent=shown["cpu_percent"],
            memory_total=shown["memory_total"],
            memory_available=shown["memory_available"],
            running_jobs=shown["running_jobs"],
            raw=shown,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one upload: kept under `image_id`, or refused with `error`."""

    source: Any  # what the caller gave: a path, or a (name, bytes) pair
    image_id: str | None
    error: DpipError | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one original: `image_id` is the filtered image to download, or it has failed."""

    original_id: str
    output: str | None = None
    image_id: str | None = None
    failure: Failure | None = None


def failure_of(shown: Json | None) -> Failure | None:
    return None if shown is None else Failure(str(shown.get("kind", "")), str(shown.get("detail", "")))
