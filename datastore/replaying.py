"""Failed jobs that get another chance, and cancelled workloads that go on."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, update

from datastore.cancelling import CANCELLED
from datastore.counters import CounterChanges
from datastore.requeueing import UNPLACED
from datastore.schema import jobs, videos, workloads
from dpip.domain import JobState, VideoState

_REPLAY = (
    update(jobs)
    .where(jobs.c.workload_id == bindparam("of_id"), jobs.c.state == JobState.FAILED)
    .values(
        state=JobState.QUEUED.value,
        spent=jobs.c.attempt,
        queued_at=bindparam("now"),
        finished_at=None,
        failure_kind=None,
        failure_detail=None,
        failure_retryable=None,
        **UNPLACED,
    )
)
_WAIT = (
    update(workloads)
    .where(workloads.c.id == bindparam("of_id"), workloads.c.video == bindparam("in_state"))
    .values(video=VideoState.WAITING.value)
)
_BEGIN_ANEW = (
    update(videos)
    .where(videos.c.workload_id == bindparam("of_id"))
    .values(
        queued_at=bindparam("now"),
        started_at=None,
        finished_at=None,
        failure_kind=None,
        failure_detail=None,
        frames_split=0,
        frames_joined=0,
    )
)
_GO_ON = update(workloads).where(workloads.c.id == bindparam("of_id")).values(cancelled_at=None)


def replay_failed(
    connection: Connection,
    workload_id: str,
    now: float,
    *,
    job_id: str | None = None,
    kind: str | None = None,
) -> int:
    """failed -> queued; returns how many jobs. The workload is locked already.

    The attempts so far count no more against the job, but their numbers are not used again: they fence. How
    often workers died of it stays: a suspect runs alone again.
    """
    statement = _REPLAY
    if job_id is not None:
        statement = statement.where(jobs.c.id == job_id)
    if kind is not None:
        statement = statement.where(jobs.c.failure_kind == kind)
    count = connection.execute(statement, {"of_id": workload_id, "now": now}).rowcount
    if count:
        changes = CounterChanges()
        changes.move(workload_id, JobState.FAILED, JobState.QUEUED, count)
        changes.apply(connection)
    return count


def video_again(connection: Connection, workload_id: str, state: VideoState, now: float) -> bool:
    """`state` -> waiting; False when the workload has no video in that state. The workload is locked."""
    values = {"of_id": workload_id, "in_state": state.value, "now": now}
    if not connection.execute(_WAIT, values).rowcount:
        return False
    connection.execute(_BEGIN_ANEW, values)
    return True


def go_on(connection: Connection, workload_id: str, now: float) -> int:
    """Take uploads again, and queue what was cancelled; returns how many jobs that is."""
    connection.execute(_GO_ON, {"of_id": workload_id})
    video_again(connection, workload_id, VideoState.CANCELLED, now)
    return replay_failed(connection, workload_id, now, kind=CANCELLED)
