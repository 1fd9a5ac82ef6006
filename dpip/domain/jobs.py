"""Jobs: what they need, where they go, what comes of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from dpip.domain.states import JobState
from dpip.domain.workloads import ImageFacts
from dpip.priority import USUAL


@dataclass(frozen=True, slots=True)
class Needs:
    """What a job asks of the worker that runs it."""

    megapixels: float
    memory_bytes: int  # estimated peak while it runs
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as the scheduler sees it. Its id is its original's image id."""

    id: str
    workload_id: str
    workload_name: str
    owner_id: str
    key: str
    facts: ImageFacts
    pipeline: str
    needs: Needs
    queued_at: float
    attempt: int = 0  # attempts so far
    deaths: int = 0  # workers that died while they had it; from 2 on it is a suspect
    spent: int = 0  # attempts before it was replayed, which count no more against it
    trace: str | None = None  # the `traceparent` that came with the upload
    level: int = USUAL  # of its workload when it was looked at: the priority with what waiting adds

    @property
    def suspect(self) -> bool:
        return self.deaths >= SUSPECT_DEATHS


SUSPECT_DEATHS = 2  # a job that was in flight on this many workers that died runs alone from then on


@dataclass(frozen=True, slots=True)
class Placement:
    """A decision of the policy: this job on this worker, and why."""

    job_id: str
    worker_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that is the worker's until the lease ends; `attempt` is the fencing token.

    A copy is the same attempt once more, on another worker: the first result of the two counts.
    """

    job: QueuedJob
    worker_id: str
    attempt: int
    lease_until: float
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Timings:
    """Where a job's time went on its worker, in seconds of wall clock."""

    fetch: float = 0.0
    decode: float = 0.0
    filter: float = 0.0
    encode: float = 0.0
    deliver: float = 0.0

    @property
    def total(self) -> float:
        return self.fetch + self.decode + self.filter + self.encode + self.deliver


@dataclass(frozen=True, slots=True)
class Making:
    """How a filtered image was made. Together with its original and its pipeline, which are known anyway, it
    says all that has a say in its bytes. Few of them come with many images."""

    way: str  # for people: decoded and encoded, or a short cut
    notes: tuple[str, ...]  # for people: what could not be kept
    codecs: tuple[str, ...]  # libraries with versions, as in `Machine`


@dataclass(frozen=True, slots=True)
class Output:
    """A filtered image that a pipeline made beside its first."""

    name: str  # one of the workload's `outputs`
    key: str
    facts: ImageFacts
    making: Making | None = None


@dataclass(frozen=True, slots=True)
class Success:
    """What a finished attempt brought; all bytes lie under their keys already.

    `key`, `facts` and `making` are of the workload's first output, `more` of the others.
    """

    key: str
    facts: ImageFacts
    more: tuple[Output, ...] = ()
    making: Making | None = None  # None: a worker of an earlier release

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key, *(output.key for output in self.more))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt brought nothing. `kind` is a word for programs, `detail` a sentence for people."""

    kind: str  # "unreadable", "too-large", "poisonous", "cancelled", "storage", "internal", ...
    detail: str
    retryable: bool = False  # the next attempt may do better: the job goes back to the queue


@dataclass(frozen=True, slots=True)
class FailedImage:
    """An original whose job failed for good, and why."""

    image_id: str
    name: str | None  # the file name the uploader gave, if any
    kind: str
    detail: str
    attempts: int  # since it was uploaded or last replayed
    worker_name: str | None  # that had it last
    failed_at: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one attempt at one job."""

    job_id: str
    attempt: int
    worker_id: str
    result: Success | Failure
    timings: Timings = field(default_factory=Timings)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is shown to people."""

    id: str
    workload_id: str
    state: JobState
    attempt: int
    worker_id: str | None
    worker_name: str | None
    reason: str | None  # why it was placed there
    failure: Failure | None
    queued_at: float
    started_at: float | None
    finished_at: float | None
    timings: Timings | None
    copy_worker_id: str | None = None  # where the same attempt runs or ran, too
    trace: str | None = None  # the `traceparent` that came with the upload
