"""A result that a worker hands in over HTTP: kept only while its attempt is the job's current one."""

from __future__ import annotations

import math
from dataclasses import fields as dataclass_fields
from typing import Any

from api import fields
from api.incoming import Incoming
from api.parts import Parts
from dpip.domain import Caller, ImageKind, Job, JobState, Outcome, Success, Timings
from dpip.errors import Fenced, Malformed
from dpip.ids import copy_extension, filtered_id, result_key


def deliver(parts: Parts, caller: Caller, incoming: Incoming) -> dict[str, Any]:
    """Raises `Fenced` when the attempt is over, `Malformed` for fields that make no sense.

    Delivering the same attempt again changes nothing and gives the same answer.
    """
    job_id = fields.text(incoming.fields, "original_id") or ""
    attempt = _attempt(incoming.fields)
    job = parts.queue.job(job_id)
    workload = parts.catalog.workload(job.workload_id, None) if job else None
    if job is None or workload is None or job.workload_id != fields.text(incoming.fields, "workload_id"):
        raise Fenced(f"there is no job of the image {job_id!r} in this workload any more")
    timings = _timings(incoming.fields)
    if not _current(job, attempt, caller):
        raise _over(job_id, attempt)
    # A worker's pictures are its own work: a filter may enlarge beyond what users may upload.
    header, facts = incoming.inspect(parts.bounds.limits)
    extension = header.extension.removeprefix(".")
    if caller.worker_id == job.copy_worker_id:
        extension = copy_extension(extension)
    key = result_key(workload.name, job_id, attempt, extension)
    incoming.upload.commit(key)
    outcome = Outcome(job_id, attempt, caller.worker_id or "", Success(key, facts), timings)
    (stands,) = parts.queue.finish([outcome], parts.clock(), parts.bounds.max_attempts)
    if not stands:
        parts.store.delete([key])
        raise _over(job_id, attempt)
    return {
        "workload_id": workload.id,
        "image_id": filtered_id(job_id),
        "type": ImageKind.FILTERED.value,
        "key": key,
    }


def _current(job: Job, attempt: int, caller: Caller) -> bool:
    return (
        job.attempt == attempt
        and caller.worker_id in {job.worker_id, job.copy_worker_id}
        and job.state in {JobState.RUNNING, JobState.DONE}
    )


def _over(job_id: str, attempt: int) -> Fenced:
    return Fenced(f"attempt {attempt} at {job_id!r} is over: its result is not wanted any more")


def _attempt(given: fields.Fields) -> int:
    text = fields.text(given, "attempt") or ""
    if not (text.isascii() and text.isdigit()):
        raise Malformed("attempt must be the number of the attempt that made this image: 1, 2, ...")
    return int(text[:9])


def _timings(given: fields.Fields) -> Timings:
    """Optional: where the worker's time went, as a JSON object of seconds."""
    text = fields.text(given, "timings")
    if text is None:
        return Timings()
    values = fields.json_object(text.encode())
    names = {field.name for field in dataclass_fields(Timings)}
    seconds = {name: value for name, value in values.items() if isinstance(value, (int, float))}
    if (
        not values.keys() <= names
        or len(seconds) != len(values)
        or not all(map(math.isfinite, seconds.values()))
    ):
        raise Malformed(f"timings must be an object of seconds, with names among {', '.join(sorted(names))}")
    return Timings(**seconds)
