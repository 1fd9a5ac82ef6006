"""An image's journey as spans of a trace: what its steps are called, and which is within which.

All ids follow from the image's own, so each process tells its steps without a word from the others, a
restart breaks nothing, and a step that is told twice is the same one. Only what a client sent as
`traceparent` is kept with the job: its uploads then are part of its own trace.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from dpip.domain import ClaimedJob, Failure, Success

TRACEPARENT = "traceparent"  # the header's name
ROOT = "upload"
Facts: TypeAlias = Mapping[str, str | int | float]
NOTHING: Facts = MappingProxyType({})
_SAMPLED = 1  # a flag
# W3C Trace Context, level 1: version, trace, span and flags; a later version may say more behind them.
_HEADER = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_CURRENT = "00"


@dataclass(frozen=True, slots=True)
class Parent:
    """A span of somebody else's, as a `traceparent` names it."""

    trace_id: int
    span_id: int
    sampled: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A span. Times are seconds since the epoch."""

    image_id: str  # the original's
    name: str
    began: float
    ended: float
    given: str | None = None  # the `traceparent` that came with the upload
    which: str = ""  # tells it from other steps of that name
    within: str | None = ROOT  # name, and which, of the step that it belongs to; None: it is the root
    about: Facts = field(default_factory=lambda: NOTHING)
    failure: str | None = None  # why it came to nothing
    under: str | None = (
        None  # a `traceparent`: then it is a step of that trace, and only points to the image's
    )

    @property
    def key(self) -> str:
        return f"{self.name} {self.which}".rstrip()


def read_traceparent(text: str | None) -> str | None:
    """The header as it is kept; None for none, or one that says nothing."""
    found = _HEADER.fullmatch((text or "").strip())
    if found is None or (found[1] == _CURRENT and found[5]):
        return None
    return f"{_CURRENT}-{found[2]}-{found[3]}-{found[4]}"


def parent(kept: str) -> Parent:
    """Of what `read_traceparent` gave."""
    _, trace_id, span_id, flags = kept.split("-")
    return Parent(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & _SAMPLED))


def trace_id(image_id: str, given: str | None) -> int:
    """128 bits: the client's trace, else one of the image's own."""
    return parent(given).trace_id if given else _digest(image_id, 16)


def span_id(image_id: str, key: str) -> int:
    """64 bits."""
    return _digest(f"{image_id} {key}", 8)


def _digest(text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size]) or 1  # 0 means: none


def attempt_of(claimed: ClaimedJob) -> str:
    """Which of the steps of that name: a copy of an attempt runs on another worker."""
    return f"{claimed.attempt} {claimed.worker_id}"


def placed(claimed: ClaimedJob, looked_at: float, now: float, reason: str) -> tuple[Step, Step]:
    """From the queue onto a worker."""
    job, which = claimed.job, attempt_of(claimed)
    about: Facts = {"dpip.attempt": claimed.attempt, "dpip.worker": claimed.worker_id}
    return (
        Step(job.id, "wait", job.queued_at, looked_at, job.trace, which, about=about),
        Step(job.id, "place", looked_at, now, job.trace, which, about={**about, "dpip.reason": reason}),
    )


def worked(
    claimed: ClaimedJob,
    began: float,
    ended: float,
    stages: Iterable[tuple[str, float, float]],
    result: Success | Failure,
) -> tuple[Step, ...]:
    """What an attempt did on its worker; `stages` are names with when they began and ended."""
    job, which = claimed.job, attempt_of(claimed)
    about: Facts = {
        "dpip.attempt": claimed.attempt,
        "dpip.worker": claimed.worker_id,
        "dpip.pipeline": job.pipeline,
        "dpip.megapixels": job.needs.megapixels,
    }
    failure = f"{result.kind}: {result.detail}" if isinstance(result, Failure) else None
    whole = Step(job.id, "job", began, ended, job.trace, which, about=about, failure=failure)
    return (whole, *(Step(job.id, name, a, b, job.trace, which, whole.key) for name, a, b in stages))


def committed(claimed: ClaimedJob, began: float, ended: float, *, stands: bool) -> Step:
    """The end of an attempt, as the scheduler writes it."""
    about: Facts = {"dpip.attempt": claimed.attempt, "dpip.stands": str(stands).lower()}
    which = attempt_of(claimed)
    return Step(claimed.job.id, "commit", began, ended, claimed.job.trace, which, f"job {which}", about)
