"""The end of attempts: what an outcome does to its job, decided first and written then.

An outcome stands when its job is running and in the very attempt that the outcome is of. One that
says what was committed already stands too, so that a message may come twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import NamedTuple

from sqlalchemy import BindParameter, Connection, Text, bindparam, cast, insert, select, update

from datastore import making, rows, throughput
from datastore.counters import CounterChanges
from datastore.direct import execute_many, fetch
from datastore.one_of import OneOf, listed
from datastore.requeueing import UNPLACED
from datastore.schema import images, jobs, workloads
from datastore.telling import tell
from dpip import ids
from dpip.domain import (
    Failure,
    ImageKind,
    JobState,
    Making,
    Outcome,
    Output,
    StoredImage,
    Success,
    WebhookEvent,
)
from dpip.job_life import goes_back
from dpip.ports import Done

_LOCK = (
    select(
        jobs.c.id,
        jobs.c.workload_id,
        jobs.c.seq,
        jobs.c.state,
        jobs.c.attempt,
        jobs.c.spent,
        jobs.c.failure_kind,
        jobs.c.failure_detail,
        jobs.c.failure_retryable,
        jobs.c.megapixels,
        cast(workloads.c.outputs, Text).label("outputs"),
    )
    .join_from(jobs, workloads, jobs.c.workload_id == workloads.c.id)
    .where(OneOf(jobs.c.id, "job_ids"))
    .order_by(jobs.c.id)
    .with_for_update(of=jobs)
)
_TAKEN = select(images.c.key, images.c.id).where(OneOf(images.c.key, "keys"))
_THIS_ATTEMPT = (
    jobs.c.id == bindparam("of_id"),
    jobs.c.attempt == bindparam("of_attempt"),
    jobs.c.state == JobState.RUNNING,
)
_FAILURE: dict[str, BindParameter[object]] = {
    "failure_kind": bindparam("kind"),
    "failure_detail": bindparam("detail"),
    "failure_retryable": bindparam("retryable"),
}
_TIMINGS: dict[str, BindParameter[object]] = {
    f"{step}_s": bindparam(step) for step in ("fetch", "decode", "filter", "encode", "deliver")
}

_ADD_IMAGE = insert(images)
_DONE = (
    update(jobs)
    .where(*_THIS_ATTEMPT)
    .values(
        state=JobState.DONE.value,
        finished_at=bindparam("now"),
        lease_until=None,
        failure_kind=None,
        failure_detail=None,
        failure_retryable=None,
        **_TIMINGS,
    )
)
_FAILED = (
    update(jobs)
    .where(*_THIS_ATTEMPT)
    .values(
        state=JobState.FAILED.value, finished_at=bindparam("now"), lease_until=None, **_FAILURE, **_TIMINGS
    )
)
_AGAIN = (
    update(jobs)
    .where(*_THIS_ATTEMPT)
    .values(state=JobState.QUEUED.value, queued_at=bindparam("now"), **(UNPLACED | _FAILURE | _TIMINGS))
)


class _Row(NamedTuple):
    """What `_LOCK` gives."""

    id: str
    workload_id: str
    seq: int
    state: str
    attempt: int
    spent: int
    failure_kind: str | None
    failure_detail: str
    failure_retryable: bool
    megapixels: float
    outputs: str

    def current(self) -> _Current:
        failure = None
        if self.failure_kind is not None:
            failure = Failure(self.failure_kind, self.failure_detail, bool(self.failure_retryable))
        return _Current(self, JobState(self.state), failure, rows.names(self.outputs))


@dataclass(slots=True)
class _Current:
    """A job as it stands in this transaction, with what the outcomes before did to it."""

    row: _Row
    state: JobState
    failure: Failure | None
    outputs: tuple[str, ...]  # of its workload


@dataclass(slots=True)
class _Batch:
    """What is to be written."""

    now: float
    max_attempts: int
    images: list[dict[str, object]] = field(default_factory=list)
    makings: list[Making] = field(default_factory=list)
    done: list[dict[str, object]] = field(default_factory=list)
    failed: list[dict[str, object]] = field(default_factory=list)
    again: list[dict[str, object]] = field(default_factory=list)
    changes: CounterChanges = field(default_factory=CounterChanges)
    megapixels: float = 0.0  # of what is done
    busy_s: float = 0.0
    ended_in: set[str] = field(default_factory=set)  # workloads of which a job ended

    def write(self, connection: Connection) -> None:
        making.keep(connection, self.makings)
        execute_many(connection, _ADD_IMAGE, self.images)
        execute_many(connection, _DONE, self.done)
        execute_many(connection, _FAILED, self.failed)
        execute_many(connection, _AGAIN, self.again)
        self.changes.apply(connection)
        if self.ended_in:
            tell(connection, WebhookEvent.WORKLOAD_COMPLETED, self.ended_in, self.now)
        if self.done or self.failed or self.again:
            counts = len(self.done), len(self.failed), len(self.again)
            throughput.add(connection, self.now, Done(*counts, self.megapixels, self.busy_s))


def finish_batch(
    connection: Connection, outcomes: Sequence[Outcome], now: float, max_attempts: int
) -> tuple[bool, ...]:
    """Commit what stands of `outcomes`; the workloads are locked already. True for each that stands."""
    current = _lock(connection, sorted({outcome.job_id for outcome in outcomes}))
    keys = {key for outcome in outcomes if isinstance(outcome.result, Success) for key in outcome.result.keys}
    taken = _taken(connection, sorted(keys))
    batch = _Batch(now, max_attempts)
    stands = []
    for outcome in outcomes:
        job = current.get(outcome.job_id)
        if job is None or job.row.attempt != outcome.attempt:
            stands.append(False)
        elif job.state is JobState.RUNNING:
            _commit(batch, job, outcome, taken)
            stands.append(True)
        else:
            stands.append(_says_the_same(job, outcome, taken))
    batch.write(connection)
    return tuple(stands)


def _commit(batch: _Batch, job: _Current, outcome: Outcome, taken: dict[str, str]) -> None:
    result = outcome.result
    if isinstance(result, Success):
        result = _objection(job, result, taken) or result
    values: dict[str, object] = {
        "of_id": job.row.id,
        "of_attempt": job.row.attempt,
        "now": batch.now,
        "fetch": outcome.timings.fetch,
        "decode": outcome.timings.decode,
        "filter": outcome.timings.filter,
        "encode": outcome.timings.encode,
        "deliver": outcome.timings.deliver,
    }
    if isinstance(result, Success):
        for filtered, made in _filtered_images(job, result, batch.now):
            batch.images.append({**rows.image_values(filtered), "making": making.id_of(made)})
            taken[filtered.key] = filtered.id
            if made is not None:
                batch.makings.append(made)
        batch.done.append(values)
        batch.megapixels += job.row.megapixels
        batch.busy_s += outcome.timings.total
        job.state = JobState.DONE
    else:
        result = Failure(
            rows.storable(result.kind) or "internal", rows.storable(result.detail) or "", result.retryable
        )
        values |= {"kind": result.kind, "detail": result.detail, "retryable": result.retryable}
        again = goes_back(
            outcome.attempt, job.row.spent, retryable=result.retryable, max_attempts=batch.max_attempts
        )
        (batch.again if again else batch.failed).append(values)
        job.state = JobState.QUEUED if again else JobState.FAILED
        job.failure = result
    batch.changes.move(job.row.workload_id, JobState.RUNNING, job.state)
    if job.state is not JobState.QUEUED:
        batch.ended_in.add(job.row.workload_id)


def _says_the_same(job: _Current, outcome: Outcome, taken: dict[str, str]) -> bool:
    """Whether this is, once more, what the job's attempt was ended by."""
    if isinstance(outcome.result, Success):
        first = ids.filtered_id(job.row.id, job.outputs[0])
        return job.state is JobState.DONE and taken.get(outcome.result.key) == first
    said = rows.storable(outcome.result.kind), rows.storable(outcome.result.detail)
    return job.failure is not None and (job.failure.kind, job.failure.detail) == said


def _objection(job: _Current, result: Success, taken: dict[str, str]) -> Failure | None:
    """Why this result cannot be kept, though its attempt is the current one."""
    used = next((key for key in result.keys if key in taken), None)
    if used is not None:
        return Failure("internal", f"the key {used!r} of the result belongs to another image", retryable=True)
    made = (job.outputs[0], *(output.name for output in result.more))
    if sorted(made) != sorted(job.outputs):
        wanted, got = ", ".join(job.outputs), ", ".join(made)
        return Failure(
            "internal", f"the pipeline makes {wanted}, and the worker brought {got}", retryable=True
        )
    return None


def _filtered_images(job: _Current, result: Success, now: float) -> list[tuple[StoredImage, Making | None]]:
    outputs = (Output(job.outputs[0], result.key, result.facts, result.making), *result.more)
    return [
        (
            StoredImage(
                id=ids.filtered_id(job.row.id, output.name),
                workload_id=job.row.workload_id,
                owner_id="",  # the workload's; images have no owner of their own
                seq=job.row.seq,
                kind=ImageKind.FILTERED,
                key=output.key,
                name=None,
                facts=output.facts,
                created_at=now,
            ),
            output.making,
        )
        for output in outputs
    ]


def _lock(connection: Connection, job_ids: Sequence[str]) -> dict[str, _Current]:
    found = fetch(connection, _LOCK, {"job_ids": listed(job_ids)})
    return {row.id: row.current() for row in starmap(_Row, found)}


def _taken(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Of these keys those that an image has already, with that image's id."""
    return dict(fetch(connection, _TAKEN, {"keys": listed(keys)}))
