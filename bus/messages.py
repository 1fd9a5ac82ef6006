"""What is said on the bus. Every message is JSON, sealed with the join token (see `bus.seal`).

Requests go to the controller's REP socket on its port P, hints to the PULL socket on P + 2, and
announcements come from the PUB socket on P + 1. Anything on the bus may be lost; whoever speaks
repeats itself or lives with it. Nothing here is the truth: the datastore is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dpip.domain import Load, Machine, WorkerState


class Topic(StrEnum):
    """First part of every announcement. Topics match by prefix, so each ends with a slash."""

    CONTROLLER = "controller/"  # the controller's heartbeat: {"boot": its random word}
    WORK = "work/"  # there are queued jobs: {"workload": id}
    PROGRESS = "progress/"  # jobs of it are done or have failed: {"workload": id}
    CANCELLED = "cancelled/"  # {"workload": id}
    VIDEOS = "videos/"  # there is a video to be worked on: {"workload": id}
    WORKERS = "workers/"  # the register changed: {"worker": id, "state": ...}
    DRAIN = "drain/"  # followed by the worker's id and a slash: finish and leave


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Subscribe(_Message):
    """A worker wants to work here. Answered by `Subscribed` or `Rejected`."""

    kind: Literal["subscribe"] = "subscribe"
    worker_name: str
    tags: tuple[str, ...] = ()
    machine: Machine
    instance: str  # random word of this worker process: tells a restart from a second worker of the name


class ReportLoad(_Message):
    """A worker's regular report. Answered by `Noted` (or `Rejected`: subscribe again)."""

    kind: Literal["report"] = "report"
    worker_id: str
    instance: str  # as it subscribed
    state: WorkerState
    incarnation: int
    load: Load


class Ping(_Message):
    """Is anybody there? Answered by `Pong`."""

    kind: Literal["ping"] = "ping"


class Subscribed(_Message):
    """All that a worker needs to begin."""

    kind: Literal["subscribed"] = "subscribed"
    worker_id: str
    boot: str  # the controller's random word; another one means that it was started anew
    report_interval_s: float
    ray_address: str | None  # None: no scheduler has said yet where Ray is; ask again
    image_folder: str | None  # the store's folder on the controller's machine, if it is a folder
    image_folder_mark: str | None  # what the folder's mark file holds: it is shared if it reads the same
    api_url: str | None  # where images are fetched and delivered by workers that share no store
    image_token: str  # Bearer token for that


class Noted(_Message):
    kind: Literal["noted"] = "noted"
    boot: str
    drain: bool = False  # somebody asked this worker to finish and leave


class Pong(_Message):
    kind: Literal["pong"] = "pong"
    boot: str
    messages: dict[str, int] = {}  # since this boot, by "<kind> <outcome>"; see `bus.tally`
    stored_bytes: int | None = None  # in the image store, when it was last looked through
    stored_files: int | None = None


class Rejected(_Message):
    """No, and why. `reason`: "unknown-worker", "name-taken", "malformed", "not-ready"."""

    kind: Literal["rejected"] = "rejected"
    reason: str
    detail: str


class Announcement(_Message):
    """A hint to the controller to announce something, and the announcement itself."""

    kind: Literal["announcement"] = "announcement"
    topic: str
    body: dict[str, str] = {}


Request = Annotated[Subscribe | ReportLoad | Ping, Field(discriminator="kind")]
Reply = Annotated[Subscribed | Noted | Pong | Rejected, Field(discriminator="kind")]
