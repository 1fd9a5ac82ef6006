"""The workload object of the contract, and the plain words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from api import presenting
from api.parts import Parts
from api.shapes import work
from dpip.domain import VIDEO_UNFINISHED, JobState, WorkerState, Workload
from imaging import parse_plan

MAX_FAILURES_SHOWN = 100


class WorkloadView:
    """Workloads as JSON objects; what they need from the datastore is fetched for all of them together."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def one(self, workload: Workload) -> work.Workload:
        return self.many([workload])[0]

    def many(self, workloads: Sequence[Workload]) -> list[work.Workload]:
        filtered = self._parts.catalog.filtered_ids([workload.id for workload in workloads])
        unfinished = any(workload.unfinished for workload in workloads)
        offered = self._offered_tags() if unfinished else None
        return [self._show(workload, filtered.get(workload.id, []), offered) for workload in workloads]

    def _show(self, workload: Workload, filtered: list[str], offered: frozenset[str] | None) -> work.Workload:
        waiting = workload.unfinished and offered is not None
        missing = sorted(set(workload.tags) - (offered or frozenset())) if waiting else []
        return {
            "workload_id": workload.id,
            "workload_name": workload.name,
            "filter": filter_names(workload.pipeline),
            "pipeline": workload.pipeline,
            "outputs": list(workload.outputs),
            "status": workload.status,
            # Of a video, the joining is a job too, and frames come and go.
            "running_jobs": workload.unfinished + (workload.video in VIDEO_UNFINISHED),
            "filtered_images": [] if workload.video else filtered,
            "total": workload.total,
            "queued": workload.queued,
            "running": workload.running,
            "done": workload.done,
            "failed": workload.failed,
            "failed_images": self._failures(workload) if workload.failed else [],
            "priority": workload.priority,
            "tags": list(workload.tags),
            "missing_tags": missing,
            "cancelled": workload.cancelled_at is not None,
            "created_at": presenting.moment(workload.created_at),
            "note": _note(workload, missing),
            "video": workload.video,
        }

    def _failures(self, workload: Workload) -> list[work.FailureOfImage]:
        page = self._parts.queue.jobs(workload.id, state=JobState.FAILED, limit=MAX_FAILURES_SHOWN)
        return [
            {"image_id": job.id, "kind": job.failure.kind, "detail": job.failure.detail}
            for job in page.items
            if job.failure is not None
        ]

    def _offered_tags(self) -> frozenset[str]:
        workers = self._parts.register.workers()
        return frozenset(
            tag for worker in workers if worker.state is WorkerState.ALIVE for tag in worker.tags
        )


@lru_cache(maxsize=1024)
def filter_names(pipeline: str) -> str:
    """`blur:sigma=5|grayscale` is called `blur|grayscale`, as its maker called it; with several outputs,
    they are named: `blur|{large,small}`."""
    plan = parse_plan(pipeline)
    if plan.sole is not None:
        return "|".join(filter_.name for filter_ in plan.sole.filters) or pipeline
    outputs = "{" + ",".join(plan.outputs) + "}"
    return "|".join([*(filter_.name for filter_ in plan.trunk), outputs])


def _note(workload: Workload, missing: Sequence[str]) -> str | None:
    """What a person who waits for this workload would want to be told."""
    if workload.cancelled_at is not None:
        return f"this workload was cancelled; POST /workloads/{workload.id}/resume lets it go on"
    if missing:
        tags = ", ".join(repr(tag) for tag in missing)
        return f"no worker that is alive offers the tag {tags}: the jobs wait until one does"
    if workload.video is not None:
        return f"its images are frames of a video, gone once they are joined: see GET /videos/{workload.id}"
    if not workload.total:
        return "no image has been uploaded yet"
    if workload.failed > MAX_FAILURES_SHOWN:
        return (
            f"only {MAX_FAILURES_SHOWN} of the failures are shown; "
            f"GET /workloads/{workload.id}/failures has them all"
        )
    return None
