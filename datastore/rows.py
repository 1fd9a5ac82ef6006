"""Rows to the values of dpip.domain, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from sqlalchemy import Row, Text, cast, select

from datastore.schema import images, jobs, workers, workloads
from dpip.domain import (
    Failure,
    ImageFacts,
    ImageKind,
    Job,
    JobState,
    Load,
    Machine,
    Needs,
    QueuedJob,
    StoredImage,
    Timings,
    VideoState,
    Worker,
    WorkerState,
    Workload,
)
from dpip.names import clash_key
from dpip.priority import USUAL

AnyRow: TypeAlias = Row[*tuple[Any, ...]]  # of whatever columns

MACHINE = TypeAdapter(Machine)
LOAD = TypeAdapter(Load)
_TEXT_MAX_CHARS = 2000

FACTS = (images.c.format, images.c.width, images.c.height, images.c.size_bytes, images.c.sha256)

SELECT_IMAGE = select(images, workloads.c.owner_id).join_from(images, workloads)

SELECT_QUEUED = select(  # `queued_job` takes its columns in this order
    jobs.c.id,
    jobs.c.workload_id,
    jobs.c.attempt,
    jobs.c.deaths,
    jobs.c.spent,
    jobs.c.megapixels,
    jobs.c.memory_bytes,
    jobs.c.queued_at,
    jobs.c.trace,
    images.c.key,
    *FACTS,
    workloads.c.name.label("workload_name"),
    workloads.c.owner_id,
    workloads.c.pipeline,
    cast(workloads.c.tags, Text).label("tags"),
).select_from(
    jobs.join(images, images.c.id == jobs.c.id).join(workloads, workloads.c.id == jobs.c.workload_id)
)

SELECT_JOB = select(jobs, workers.c.name.label("worker_name")).select_from(
    jobs.outerjoin(workers, workers.c.id == jobs.c.worker_id)
)


def storable(text: str | None) -> str | None:
    """`text` without what PostgreSQL or UTF-8 cannot hold, cut to a bearable length."""
    if text is None:
        return None
    return text[:_TEXT_MAX_CHARS].replace("\0", "").encode("utf-8", "replace").decode()


def workload(row: AnyRow) -> Workload:
    return Workload(
        id=row.id,
        name=row.name,
        owner_id=row.owner_id,
        pipeline=row.pipeline,
        tags=tuple(row.tags),
        outputs=tuple(row.outputs),
        priority=row.priority,
        created_at=row.created_at,
        cancelled_at=row.cancelled_at,
        queued=row.queued,
        running=row.running,
        done=row.done,
        failed=row.failed,
        video=None if row.video is None else VideoState(row.video),
    )


def facts(row: AnyRow) -> ImageFacts:
    return ImageFacts(row.format, row.width, row.height, row.size_bytes, row.sha256)


def image(row: AnyRow) -> StoredImage:
    return StoredImage(
        id=row.id,
        workload_id=row.workload_id,
        owner_id=row.owner_id,
        seq=row.seq,
        kind=ImageKind(row.kind),
        key=row.key,
        name=row.name,
        facts=facts(row),
        created_at=row.created_at,
    )


@lru_cache(maxsize=1024)
def names(text: str) -> tuple[str, ...]:
    """A JSON list of names. The same few come with every job."""
    return tuple(json.loads(text))


def queued_job(row: Iterable[Any], level: int = USUAL) -> QueuedJob:
    """Of a row of `SELECT_QUEUED`: by position, as the scheduler reads a thousand of them at a look."""
    id_, workload_id, attempt, deaths, spent, megapixels, memory, queued_at, trace, key, *others = row
    format_, width, height, size, sha256, workload_name, owner_id, pipeline, tags = others
    return QueuedJob(
        id_,
        workload_id,
        workload_name,
        owner_id,
        key,
        ImageFacts(format_, width, height, size, sha256),
        pipeline,
        Needs(megapixels, memory, names(tags)),
        queued_at,
        attempt,
        deaths,
        spent,
        trace,
        level,
    )


def job(row: AnyRow) -> Job:
    return Job(
        id=row.id,
        workload_id=row.workload_id,
        state=JobState(row.state),
        attempt=row.attempt,
        worker_id=row.worker_id,
        worker_name=row.worker_name,
        reason=row.reason,
        failure=failure(row),
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        timings=_timings(row),
        copy_worker_id=row.copy_worker_id,
        trace=row.trace,
    )


def failure(row: AnyRow) -> Failure | None:
    if row.failure_kind is None:
        return None
    return Failure(row.failure_kind, row.failure_detail, bool(row.failure_retryable))


def _timings(row: AnyRow) -> Timings | None:
    if row.fetch_s is None:
        return None
    return Timings(row.fetch_s, row.decode_s, row.filter_s, row.encode_s, row.deliver_s)


def worker(row: AnyRow) -> Worker:
    return Worker(
        id=row.id,
        name=row.name,
        tags=tuple(row.tags),
        state=WorkerState(row.state),
        machine=MACHINE.validate_python(row.machine),
        load=None if row.load is None else LOAD.validate_python(row.load),
        incarnation=row.incarnation,
        joined_at=row.joined_at,
        last_report_at=row.last_report_at,
        instance=row.instance,
    )


def image_values(stored: StoredImage) -> dict[str, object]:
    """The row of `stored`."""
    return {
        "id": stored.id,
        "workload_id": stored.workload_id,
        "seq": stored.seq,
        "kind": stored.kind.value,
        "key": stored.key,
        "name": stored.name,
        "format": stored.facts.format,
        "width": stored.facts.width,
        "height": stored.facts.height,
        "size_bytes": stored.facts.size_bytes,
        "sha256": stored.facts.sha256,
        "created_at": stored.created_at,
    }


def workload_values(made: Workload) -> dict[str, object]:
    """The row of a workload that is new."""
    return {
        "id": made.id,
        "name": made.name,
        "name_key": clash_key(made.name),
        "owner_id": made.owner_id,
        "pipeline": made.pipeline,
        "tags": list(made.tags),
        "outputs": list(made.outputs),
        "priority": made.priority,
        "created_at": made.created_at,
        "next_seq": 1,
        "queued": 0,
        "running": 0,
        "done": 0,
        "failed": 0,
        "served_at": 0.0,
        "video": None if made.video is None else made.video.value,
    }
