"""A result that a worker hands in over HTTP: kept only while its attempt is the job's current one."""

from __future__ import annotations

import logging
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any, cast

from api.parts import Parts
from api.uploads.delivered import read_making, read_others
from api.uploads.incoming import Incoming
from api.watching.journeys import Journeys
from api.web import fields
from dpip.domain import (
    DEFAULT_OUTPUT,
    Caller,
    ImageKind,
    Job,
    JobState,
    Outcome,
    Output,
    Success,
    Timings,
    Workload,
)
from dpip.errors import Fenced, Malformed
from dpip.ids import copy_extension, filtered_id, result_key
from dpip.logs import fields as fields_of_log
from imaging import FORMATS

log = logging.getLogger(__name__)

_LONGEST_S = 1e9  # that a step of a job may have taken; nobody waits for decades


def deliver(parts: Parts, journeys: Journeys, caller: Caller, incoming: Incoming) -> dict[str, Any]:
    """Raises `Fenced` when the attempt is over, `Malformed` for fields that make no sense.

    Of a job with several outputs each comes by itself, and all but the last one with `final=false`: they only
    lie there then. The last one lists the `others`, and the job is finished with all of them. Delivering the
    same attempt again changes nothing and gives the same answer.
    """
    job_id = fields.text(incoming.fields, "original_id") or ""
    attempt = _attempt(incoming.fields)
    job = parts.queue.job(job_id)
    workload = parts.catalog.workload(job.workload_id, None) if job else None
    if job is None or workload is None or job.workload_id != fields.text(incoming.fields, "workload_id"):
        raise Fenced(f"there is no job of the image {job_id!r} in this workload any more")
    timings = _timings(incoming)
    output, final = _output(incoming.fields, workload), _final(incoming.fields)
    if not _current(job, attempt, caller):
        raise _over(job_id, attempt)
    # A worker's pictures are its own work: a filter may enlarge beyond what users may upload.
    _, facts = incoming.inspect(parts.bounds.limits)
    of_copy = caller.worker_id == job.copy_worker_id

    def key_of(image_format: str, name: str) -> str:
        extension = FORMATS[image_format].extension.removeprefix(".")
        extension = copy_extension(extension) if of_copy else extension
        return result_key(workload.name, job_id, attempt, extension, name)

    this = Output(output, key_of(facts.format, output), facts, read_making(incoming.fields))
    answer: dict[str, Any] = {
        "workload_id": workload.id,
        "image_id": filtered_id(job_id, output),
        "type": ImageKind.FILTERED.value,
        "key": this.key,
    }
    began, worker_id = journeys.now(), caller.worker_id or ""
    if final:
        others = read_others(incoming.fields, parts.store, key_of)
        success = _all(workload, [this, *others])
        incoming.upload.commit(this.key)
        outcome = Outcome(job_id, attempt, worker_id, success, timings)
        (stands,) = parts.queue.finish([outcome], parts.clock(), parts.bounds.max_attempts)
        log.debug("committed", extra=fields_of_log(job=job_id, attempt=attempt, stands=stands))
        journeys.delivered(job, attempt, worker_id, began, stands=stands)
        kept = success.keys
    else:
        incoming.upload.commit(this.key)
        now = parts.queue.job(job_id)
        stands = now is not None and _current(now, attempt, caller)
        kept = (this.key,)
        answer["final"] = False
    if not stands:
        known = parts.catalog.known_keys(kept)  # of an earlier delivery that stands
        parts.store.delete([key for key in kept if key not in known])
        raise _over(job_id, attempt)
    return answer


def _all(workload: Workload, outputs: list[Output]) -> Success:
    """Raises `Malformed` unless these are the workload's outputs, each once."""
    by_name = {output.name: output for output in outputs}
    if len(by_name) != len(outputs) or set(by_name) != set(workload.outputs):
        raise Malformed(
            f"the workload makes {', '.join(workload.outputs)} of each image, and this brings "
            f"{', '.join(output.name for output in outputs)}: deliver each once, all but the last with "
            "final=false, and list those as others with the last"
        )
    first, *more = (by_name[name] for name in workload.outputs)
    return Success(first.key, first.facts, tuple(more), first.making)


def _current(job: Job, attempt: int, caller: Caller) -> bool:
    return (
        job.attempt == attempt
        and caller.worker_id in {job.worker_id, job.copy_worker_id}
        and job.state in {JobState.RUNNING, JobState.DONE}
    )


def _over(job_id: str, attempt: int) -> Fenced:
    return Fenced(f"attempt {attempt} at {job_id!r} is over: its result is not wanted any more")


def _output(given: fields.Fields, workload: Workload) -> str:
    output = fields.text(given, "output") or DEFAULT_OUTPUT
    if output not in workload.outputs:
        raise Malformed(f"output must be one of {', '.join(workload.outputs)}, not {output[:60]!r}")
    return output


def _final(given: fields.Fields) -> bool:
    text = fields.text(given, "final") or "true"
    if text not in {"true", "false"}:
        raise Malformed(f"final must be true or false, not {text[:60]!r}")
    return text == "true"


def _attempt(given: fields.Fields) -> int:
    text = fields.text(given, "attempt") or ""
    if not (text.isascii() and text.isdigit()):
        raise Malformed("attempt must be the number of the attempt that made this image: 1, 2, ...")
    return int(text[:9])


def _timings(incoming: Incoming) -> Timings:
    """Optional: where the worker's time went so far, as a JSON object of seconds. How long this delivery took
    to arrive, which the worker cannot know yet, is added."""
    text = fields.text(incoming.fields, "timings")
    if text is None:
        return Timings()
    values = fields.json_object(text.encode())
    names = {field.name for field in dataclass_fields(Timings)}
    seconds = {name: cast("float", value) for name, value in values.items() if _is_seconds(value)}
    if not values.keys() <= names or len(seconds) != len(values):
        raise Malformed(f"timings must be an object of seconds, with names among {', '.join(sorted(names))}")
    so_far = Timings(**seconds)
    return replace(so_far, deliver=so_far.deliver + incoming.seconds)


def _is_seconds(value: object) -> bool:
    """Infinite and endless numbers, which JSON can say, are none; nor is true."""
    return type(value) in {int, float} and 0 <= cast("float", value) <= _LONGEST_S
