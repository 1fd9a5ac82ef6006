"""The things DPIP speaks of. Plain frozen values: no I/O, no clock, no framework.

Times are seconds since the epoch (float, UTC); sizes are bytes; images are measured in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dpip.priority import USUAL

DEFAULT_OUTPUT = "filtered"  # of a pipeline that makes one picture of each


class Role(StrEnum):
    """What a user is."""

    ADMIN = "admin"  # sees and does everything
    USER = "user"  # sees and does what is theirs
    WORKER = "worker"  # a machine's account: its tokens have the worker scope alone


class Scope(StrEnum):
    """What a token allows; never more than its user's role does."""

    READ = "read"  # see and download
    WRITE = "write"  # make, upload, cancel, delete, administer
    WORKER = "worker"  # fetch anybody's originals, deliver results, nothing else


SCOPES_OF: Mapping[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset({Scope.READ, Scope.WRITE, Scope.WORKER}),
    Role.USER: frozenset({Scope.READ, Scope.WRITE}),
    Role.WORKER: frozenset({Scope.WORKER}),
}  # the most that a token of such a user can have


def login_scopes(role: Role) -> frozenset[Scope]:
    """What a login's token allows: all of the role's, but a person does not do a worker's work."""
    return SCOPES_OF[role] - {Scope.WORKER} or SCOPES_OF[role]


class Action(StrEnum):
    """What the audit trail tells of."""

    LOGIN = "login"
    LOGIN_REFUSED = "login-refused"  # a wrong name or password, or too many of them
    LOGOUT = "logout"
    REFUSED = "refused"  # no token, a dead one, or one that does not allow it
    TOKEN_MADE = "token-made"  # noqa: S105 - a word
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    USER_ADDED = "user-added"
    USER_CHANGED = "user-changed"
    USER_DELETED = "user-deleted"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    WORKLOAD_CHANGED = "workload-changed"  # somebody else's, by an administrator
    WORKLOAD_DELETED = "workload-deleted"
    IMAGE_DELETED = "image-deleted"


class ImageKind(StrEnum):
    """Where an image came from."""

    ORIGINAL = "original"  # uploaded by a user
    FILTERED = "filtered"  # made by a worker
    FRAME = "frame"  # taken out of a video; gone once its filtered image is in the new video
    VIDEO = "video"  # uploaded by a user, whole
    FILTERED_VIDEO = "filtered-video"  # joined from filtered frames


class JobState(StrEnum):
    """Life of a job: queued -> running -> done | failed; running -> queued when its worker is gone."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # placed on a worker, under a lease
    DONE = "done"  # its filtered image is there
    FAILED = "failed"  # failed for good; the reason is recorded


class WorkerState(StrEnum):
    """Life of a worker: joining -> alive -> draining | lost; a lost one may come back."""

    JOINING = "joining"  # subscribed, its Ray actor is not up yet
    ALIVE = "alive"  # takes jobs
    DRAINING = "draining"  # finishes what it has, takes nothing new
    LOST = "lost"  # its reports stopped for three intervals
    LEFT = "left"  # said good-bye


class WorkloadStatus(StrEnum):
    """What the API says of a workload."""

    SCHEDULING = "scheduling"  # nothing of it runs yet
    RUNNING = "running"  # a job of it is placed
    COMPLETED = "completed"  # every upload is filtered or has failed for good


class VideoState(StrEnum):
    """Life of a video: waiting -> running -> done | failed | cancelled; running -> waiting when who works on
    it is gone: it is begun anew from the upload."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # for good; the reason is recorded
    CANCELLED = "cancelled"


VIDEO_UNFINISHED = frozenset({VideoState.WAITING, VideoState.RUNNING})


@dataclass(frozen=True, slots=True)
class Quota:
    """The most that somebody may keep; None is no bound. Originals count, results do not."""

    bytes: int | None = None
    images: int | None = None


NO_QUOTA = Quota()


@dataclass(frozen=True, slots=True)
class Usage:
    """What somebody keeps: originals, in all their workloads."""

    bytes: int = 0
    images: int = 0


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    password_hash: str
    role: Role
    disabled: bool = False
    quota: Quota = NO_QUOTA  # None in it: the system's default
    used: Usage = Usage()
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a live token speaks for."""

    user_id: str
    user_name: str
    role: Role
    scopes: frozenset[Scope]
    worker_id: str | None = None  # set on a registered worker's token
    token_id: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the API, without its secret: that is shown once, and only its hash is kept."""

    id: str
    user_id: str | None  # whose it is; None for a registered worker's
    worker_id: str | None
    name: str  # what its maker calls it
    scopes: frozenset[Scope]
    created_at: float
    expires_at: float
    last_used_at: float | None = None  # may lag by some minutes


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, from where, to what. Never holds a secret."""

    at: float
    action: Action
    who: str | None  # a user's name as it was given, or a worker's
    address: str | None
    target: str | None = None  # what it was done to: a user, a token's id, a workload's id, a route
    detail: str | None = None
    count: int = 1  # so many alike; `at` is the last one's time
    id: int = 0  # given by the datastore


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


STATUS_OF_VIDEO: Mapping[VideoState, WorkloadStatus] = {
    VideoState.WAITING: WorkloadStatus.SCHEDULING,
    VideoState.RUNNING: WorkloadStatus.RUNNING,
    VideoState.DONE: WorkloadStatus.COMPLETED,
    VideoState.FAILED: WorkloadStatus.COMPLETED,
    VideoState.CANCELLED: WorkloadStatus.COMPLETED,
}


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
class VideoFacts:
    """What is known of a video from its headers. Width and height in pixels as they are stored, unturned."""

    format: str  # "mp4", "mkv", "webm", "avi"; see film.formats
    codec: str  # of its pictures: "h264", ...
    width: int
    height: int
    rotation: int  # degrees by which a player turns it, counter-clockwise
    rate: str  # frames per second, on average, as a fraction: "30000/1001"
    duration_s: float | None
    frames: int | None  # as the headers say, or by rate and duration: an estimate
    sound: tuple[str, ...] = ()  # codecs of its sound tracks
    notes: tuple[str, ...] = ()  # what of it does not come along


@dataclass(frozen=True, slots=True)
class Video:
    """A video as it stands. Its id is its workload's."""

    id: str
    name: str | None  # the file name the uploader gave, if any
    facts: VideoFacts
    target: str  # format of the video that is made
    state: VideoState
    attempt: int
    frames_split: int  # taken out of it in this attempt
    frames_joined: int  # that are in the new video
    failure: Failure | None
    queued_at: float
    started_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class ClaimedVideo:
    """A video that is the claimer's until the lease ends; `attempt` is the fencing token."""

    video: Video
    workload: Workload
    key: str  # where the image store keeps the upload
    attempt: int
    leftovers: tuple[str, ...]  # keys of an earlier attempt's frames: their bytes are to be removed


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


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as NVML describes it, with its use at the time of the report."""

    index: int
    name: str
    memory_total: int
    memory_used: int = 0
    utilisation_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What a worker says of itself when it subscribes."""

    host: str
    cores: int  # how many jobs it runs side by side
    memory_total: int
    gpus: tuple[Gpu, ...] = ()
    codecs: tuple[str, ...] = ()  # libraries with versions that have a say in a result's bytes


@dataclass(frozen=True, slots=True)
class Load:
    """What a worker says of itself in each report."""

    cpu_percent: float  # of the whole machine, 0 to 100
    memory_available: int
    running_jobs: int
    gpus: tuple[Gpu, ...] = ()


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker in the register."""

    id: str
    name: str
    tags: tuple[str, ...]
    state: WorkerState
    machine: Machine
    load: Load | None  # None until its first report
    incarnation: int  # counts its Ray actors; a new one means that the old one's jobs are gone
    joined_at: float
    last_report_at: float
