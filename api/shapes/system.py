"""The system: its state, its workers, its filters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.common import Id, Moment
from api.shapes.work import Workload
from dpip.domain import WorkerState

Percent = Annotated[float, Field(ge=0, le=100)]
Bytes = Annotated[int, Field(ge=0, description="bytes")]


class Index(TypedDict):
    """What there is."""

    system_name: str
    version: str
    endpoints: Annotated[dict[str, str], Field(description="each route in a line")]


class Status(TypedDict):
    """The system and the caller's active workloads."""

    system_name: str
    server_time: Moment | None
    version: str
    user: str
    active_workloads: list[Workload]
    more_active_workloads: Annotated[bool, Field(description="GET /workloads has them all")]
    queued_jobs: Annotated[int, Field(ge=0, description="of these workloads")]
    running_jobs: Annotated[int, Field(ge=0, description="of these workloads")]
    workers: Annotated[dict[WorkerState, int], Field(description="how many in each state")]


class Gpu(TypedDict):
    """A GPU and how busy it is."""

    index: int
    name: str
    memory_total: Bytes
    memory_used: Bytes
    utilisation_percent: Percent


class Worker(TypedDict):
    """A worker; what it reports itself is null until its first report."""

    worker_id: Id
    name: str
    tags: list[str]
    state: WorkerState
    host: str
    cores: Annotated[int, Field(ge=1, description="jobs that it runs side by side")]
    cpu_percent: Percent | None
    codecs: Annotated[list[str], Field(description="libraries that have a say in a result's bytes")]
    memory_total: Bytes
    memory_available: Bytes | None
    gpus: list[Gpu]
    running_jobs: Annotated[int, Field(ge=0)]
    since: Annotated[Moment | None, Field(description="when it joined")]
    last_report_at: Moment | None


class Workers(TypedDict):
    """All workers, those that went within the last hour, too."""

    workers: list[Worker]
    codecs_differ: Annotated[
        list[str], Field(description="codecs of which live workers have different versions")
    ]


class Sample(TypedDict):
    """A worker's resources at a time, or their mean over `seconds`; GPUs are added up."""

    at: Moment | None
    seconds: Annotated[float, Field(ge=0)]
    cpu_percent: float
    memory_available: Bytes
    running_jobs: float
    gpu_percent: float
    gpu_memory_used: Bytes


class Samples(TypedDict):
    """How busy a worker was."""

    worker_id: Id
    samples: list[Sample]


class HistoryPoint(TypedDict):
    """What was done in a bucket of time, and how busy the workers were; null where none reported."""

    at: Moment | None
    done: Annotated[int, Field(ge=0, description="jobs")]
    failed: Annotated[int, Field(ge=0, description="jobs that failed for good")]
    again: Annotated[int, Field(ge=0, description="attempts that ended in a passing failure")]
    megapixels: Annotated[float, Field(ge=0, description="of the originals that were done")]
    busy_s: Annotated[float, Field(ge=0, description="seconds of work on them")]
    workers: int | None
    cpu_percent: Annotated[float | None, Field(description="mean of their machines")]
    running_jobs: Annotated[float | None, Field(description="of all of them together")]


class History(TypedDict):
    """In order of time; buckets without news are left out."""

    seconds: Annotated[float, Field(description="length of a bucket")]
    since: Moment | None
    points: list[HistoryPoint]


class Filter(TypedDict):
    """A filter; or, with a `problem`, a plug-in that should be one and cannot be used."""

    name: str
    summary: str
    parameters: Annotated[dict[str, Any], Field(description="JSON Schema, with units, ranges and defaults")]
    example: Annotated[str, Field(description="a pipeline")]
    family: Annotated[str, Field(description="what kind of thing it does, as people are shown them")]
    origin: Annotated[str, Field(description="the package that it comes from")]
    problem: str | None


class Filters(TypedDict):
    """All filters."""

    filters: list[Filter]


class Alive(TypedDict):
    """This process answers."""

    status: Literal["alive"]


class Ready(TypedDict):
    """Uploads are taken."""

    status: Literal["ready"]
    checks: Annotated[dict[str, str], Field(description="each part, in words")]
