"""What the processes need of the world, as protocols. Adapters live in storage/, datastore/ and bus/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

from dpip.domain import (
    DEFAULT_OUTPUT,
    Action,
    AuditEntry,
    Caller,
    ClaimedJob,
    ClaimedVideo,
    FailedImage,
    Failure,
    ImageFacts,
    ImageKind,
    Job,
    JobState,
    Load,
    Machine,
    Making,
    Needs,
    Outcome,
    Output,
    Placement,
    QueuedJob,
    Quota,
    Role,
    StoredImage,
    Timings,
    Token,
    User,
    Video,
    VideoFacts,
    Worker,
    WorkerState,
    Workload,
    WorkloadStatus,
)
from dpip.priority import YOUNG, Ageing

T = TypeVar("T")
NO_TIME = Timings()
Clock = Callable[[], float]  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a long list. `next` is the cursor to ask for the following slice, None at the end."""

    items: tuple[T, ...]
    next: str | None = None


# --- image bytes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """An entry of an image store's listing."""

    key: str
    size_bytes: int
    modified_at: float


class Upload(Protocol):
    """Bytes on their way into the store: nobody sees them until `commit`. Close by commit or abort."""

    def write(self, data: bytes | bytearray | memoryview) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> str:
        """Hexadecimal digest of what was written."""

    def reader(self) -> BinaryIO:
        """A fresh reader over what was written so far (to read an image's header)."""

    def commit(self, key: str) -> None:
        """Make the bytes durable and visible under `key`. Raises `StorageFull`."""

    def abort(self) -> None:
        """Throw the bytes away; does nothing after `commit`."""


class ImageStore(Protocol):
    """Where image bytes live. A key is `<directory>/<file name>`; written once, never changed."""

    def begin(self) -> Upload:
        """Raises `StorageFull` (so does `Upload.write`)."""

    def put(self, key: str, data: bytes | memoryview) -> None:
        """Store `data` under `key` in one go, durably. Raises `StorageFull`."""

    def get(self, key: str) -> bytes:
        """Raises `MissingBytes`."""

    def local_path(self, key: str) -> Path | None:
        """The file that holds the bytes, where there is one on this machine. Raises `MissingBytes`."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove what is there; missing keys are no error. An emptied directory goes too."""

    def entries(self) -> Iterator[StoredBytes]: ...
    def sweep_unfinished(self, older_than_s: float) -> int:
        """Remove what crashed uploads left behind; returns how many files went."""


class ImageExchange(Protocol):
    """How a worker gets an original and hands in a result."""

    def fetch(self, claimed: ClaimedJob) -> bytes:
        """The original's bytes. Raises `MissingBytes`, or `TryLater` when the store is away."""

    def deliver(
        self,
        claimed: ClaimedJob,
        data: bytes,
        facts: ImageFacts,
        output: str = DEFAULT_OUTPUT,
        before: Sequence[Output] = (),
        *,
        last: bool = True,
        making: Making | None = None,
        timings: Timings = NO_TIME,
    ) -> str:
        """Store one output of the job and return its key. `before` are those that were delivered before it;
        more will come unless it is the `last`. `timings` are the job's so far. Raises `Fenced`,
        `StorageFull`, `TryLater`."""


# --- the datastore -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoginFailures:
    """Wrong passwords that were counted together."""

    count: int
    last_at: float


class Accounts(Protocol):
    """Users, and how often somebody guessed wrong."""

    def add_user(self, user: User) -> None:
        """Raises `Conflict` when the name is taken."""

    def find_user(self, name: str) -> User | None: ...
    def users(self, *, limit: int = 100, after: str | None = None) -> Page[User]:
        """By name, which is the cursor, too."""

    def any_user(self) -> bool: ...
    def set_password(self, name: str, password_hash: str) -> None:
        """Kills all tokens of the user. Raises `NotFound`."""

    def change_user(
        self,
        name: str,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
        quota: Quota | None = None,
    ) -> User:
        """What is None stays. A disabled user's tokens are dead at once, and so are those of one whose role
        changes. Raises `NotFound`, and `Conflict` where no administrator would be left."""

    def delete_user(self, name: str) -> None:
        """With all tokens. Raises `NotFound`, and `Conflict` for somebody who still has workloads, and for
        the last administrator."""

    def record_login_failure(self, keys: Sequence[str], now: float) -> None:
        """A key is a user's name, an address, or both, as the caller likes to count."""

    def login_failures(self, keys: Sequence[str], since: float) -> dict[str, LoginFailures]:
        """Of those keys that have any."""

    def clear_login_failures(self, key: str) -> None:
        """And of keys that go on after it with a colon."""


class Tokens(Protocol):
    """Keys to the API. What is kept of a token's secret is its hash."""

    def add(self, token: Token, token_hash: str) -> None:
        """A worker's token belongs to no user. A worker's earlier tokens are revoked by a new one."""

    def find_caller(self, token_hash: str, now: float) -> Caller | None:
        """None for an unknown, expired or revoked token, and for a disabled user's."""

    def tokens(self, user_id: str, now: float, *, limit: int = 100, after: str | None = None) -> Page[Token]:
        """The live ones of a user, newest first."""

    def revoke(self, token_id: str, user_id: str | None = None) -> Token | None:
        """Dead from then on. None: there is no such token of that user (of anybody, where none is named)."""

    def note_use(self, last_used: Mapping[str, float]) -> None:
        """When tokens (by id) were last used."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of the audit trail; what is None does not matter."""

    action: Action | None = None
    who: str | None = None
    address: str | None = None
    target: str | None = None
    since: float | None = None
    until: float | None = None


class AuditTrail(Protocol):
    """What was done here. Entries are added and grow old; none is ever changed."""

    def add(self, entries: Sequence[AuditEntry]) -> None: ...
    def entries(self, wanted: AuditFilter, *, limit: int = 100, after: str | None = None) -> Page[AuditEntry]:
        """Newest first."""

    def forget(self, before: float) -> int:
        """Remove what is older; returns how many entries went."""


@dataclass(frozen=True, slots=True)
class NewOriginal:
    """An upload that is about to become an image and a job."""

    workload_id: str
    name: str | None  # the uploader's file name
    extension: str
    facts: ImageFacts
    needs: Needs


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told: an HTTP status, where the new thing is, and a JSON text."""

    status: int
    location: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A user's idempotency key while a request works under it."""

    user_id: str
    key: str
    holder: str  # a random word: who took over has another one


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a key was used for."""

    request: str  # a digest of it
    answer: Answer


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer that is to be remembered in the transaction that it tells of."""

    hold: Hold
    request: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Part:
    """Work that a long request did, remembered in the same transaction: its repetition goes on there."""

    hold: Hold
    number: int  # their order; each number comes once
    body: str  # what the request wants to know of it, as a JSON text
    held_until: float  # the key is held on so long


class Receipts(Protocol):
    """Answers by idempotency key; see `Catalog.create_workload` and `Catalog.add_original`."""

    def hold(
        self, user_id: str, key: str, now: float, held_until: float, expires_at: float
    ) -> Hold | Remembered:
        """Begin a request under this key, or hear what was answered. Raises `InProgress` while another one
        works under it that has not been silent for too long."""

    def parts(self, hold: Hold) -> list[str]:
        """The bodies of all that was done in parts under this key, in order."""

    def answer(self, receipt: Receipt) -> None:
        """Remember the answer to what was done in parts. Raises `InProgress` when the key is held no more."""

    def release(self, hold: Hold) -> None:
        """Forget the key, unless it was answered or somebody else took over. Where parts were kept they stay,
        and the next request may go on at once."""

    def sweep(self, now: float) -> int:
        """Forget what has expired; returns how many keys."""


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

    def delete_original(self, image_id: str) -> tuple[str, ...] | None:
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


@dataclass(frozen=True, slots=True)
class NewVideo:
    """An upload that is about to become a video and its workload."""

    name: str | None  # the uploader's file name
    extension: str
    size_bytes: int
    sha256: str
    facts: VideoFacts
    target: str  # format of the video to be made


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


@dataclass(frozen=True, slots=True)
class Report:
    """A worker's report as the register stores it."""

    worker_id: str
    state: WorkerState
    incarnation: int
    load: Load
    at: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A worker's resources at a time, or their mean over a bucket of `seconds` once they were thinned."""

    worker_id: str
    at: float
    seconds: float
    cpu_percent: float
    memory_available: int
    running_jobs: float
    gpu_percent: float
    gpu_memory_used: int


class WorkerRegister(Protocol):
    """Who works here, and how busy they are."""

    def join(self, name: str, tags: tuple[str, ...], machine: Machine, instance: str, now: float) -> Worker:
        """Subscribe. `instance` is the worker process's own random word: the same instance again, or a
        name whose worker is lost or left, gets the id the name had; a name that another live instance
        holds raises `Conflict`."""

    def record(self, reports: Sequence[Report]) -> set[str]:
        """Take reports and keep samples, in one transaction; returns the ids that are not registered."""

    def mark_lost(self, now: float, silent_for_s: float) -> tuple[str, ...]:
        """Alive, joining or draining workers that were silent for so long become lost; returns their ids."""

    def workers(self, *, gone_since: float | None = None) -> tuple[Worker, ...]:
        """By name. Lost and left ones only when they were last heard of after `gone_since`."""

    def samples(self, worker_id: str, since: float) -> tuple[Sample, ...]: ...
    def thin_samples(self, now: float) -> int:
        """Average samples into coarser buckets as they age, drop the oldest; returns rows removed."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of attempts in some time."""

    done: int = 0  # jobs
    failed: int = 0  # for good
    again: int = 0  # attempts that ended in a passing failure
    megapixels: float = 0.0  # of the originals of what was done
    busy_s: float = 0.0  # seconds that workers spent on what was done

    def __add__(self, other: Done) -> Done:
        return Done(
            self.done + other.done,
            self.failed + other.failed,
            self.again + other.again,
            self.megapixels + other.megapixels,
            self.busy_s + other.busy_s,
        )


@dataclass(frozen=True, slots=True)
class Throughput:
    """What was done in the `seconds` from `at` on."""

    at: float
    seconds: float
    done: Done


@dataclass(frozen=True, slots=True)
class Use:
    """How busy all workers together were, from `at` on."""

    at: float
    workers: int  # that reported
    cpu_percent: float  # mean of their machines
    running_jobs: float  # of all of them


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs there are, by pipeline and state, when the one that waits longest was queued, and how long the
    term of the scheduler that leads runs."""

    jobs: Mapping[str, Mapping[JobState, int]]
    oldest_queued_at: float | None
    leads_until: float | None


class History(Protocol):
    """What goes on and what went on, in numbers."""

    def throughput(self, since: float) -> tuple[Throughput, ...]:
        """By the minute, by the hour what is more than a day ago; in order of time."""

    def total(self) -> Done:
        """Since the datastore was made."""

    def use(self, since: float, bucket_s: float) -> tuple[Use, ...]: ...
    def thin(self, now: float) -> int:
        """Make hours of old minutes; returns rows removed."""

    def backlog(self) -> Backlog: ...
    def size_bytes(self) -> int:
        """Of the database."""


class ApiEndpoints(Protocol):
    """Where the API can be reached, for workers that do not share the image store."""

    def announce_api(self, url: str, now: float) -> None: ...
    def api_url(self) -> str | None: ...


# --- the bus -------------------------------------------------------------------------------------


class Announcer(Protocol):
    """Tell whoever listens; a hint that may be lost. Never blocks, never raises."""

    def announce(self, topic: str, body: dict[str, str]) -> None: ...
