"""The end of a workload that nobody wants any more."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, case, select, update

from datastore.schema import jobs, videos, workloads
from dpip.domain import VIDEO_UNFINISHED, JobState, VideoState

CANCELLED = "cancelled"
CANCELLED_DETAIL = "the workload was cancelled before this image was filtered"

_UNFINISHED = (
    select(jobs.c.id)
    .where(
        jobs.c.workload_id == bindparam("of_id"),
        jobs.c.state.in_([JobState.QUEUED, JobState.RUNNING]),
    )
    .order_by(jobs.c.id)
    .with_for_update()
)
_FAIL = (
    update(jobs)
    .where(jobs.c.id.in_(_UNFINISHED))
    .values(
        state=JobState.FAILED.value,
        failure_kind=CANCELLED,
        failure_detail=CANCELLED_DETAIL,
        failure_retryable=False,
        finished_at=bindparam("now"),
        lease_until=None,
    )
)
_MARK = (
    update(workloads)
    .where(workloads.c.id == bindparam("of_id"))
    .values(
        cancelled_at=bindparam("now"),
        failed=workloads.c.failed + workloads.c.queued + workloads.c.running,
        queued=0,
        running=0,
        video=case(
            (workloads.c.video.in_(sorted(VIDEO_UNFINISHED)), VideoState.CANCELLED.value),
            else_=workloads.c.video,
        ),
    )
)
_MARK_VIDEO = (
    update(videos)
    .where(videos.c.workload_id == bindparam("of_id"), videos.c.finished_at.is_(None))
    .values(finished_at=bindparam("now"), lease_until=None)
)


def cancel_unfinished(connection: Connection, workload_id: str, now: float) -> None:
    """Fail what is queued or running, and refuse uploads from now on. The workload is locked already."""
    values = {"of_id": workload_id, "now": now}
    connection.execute(_FAIL, values)
    connection.execute(_MARK, values)
    connection.execute(_MARK_VIDEO, values)
