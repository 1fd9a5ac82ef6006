"""Jobs whose worker or leader is gone go back to the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, bindparam, select, update

from datastore.chunks import chunks
from datastore.counters import CounterChanges, lock_workloads_of_jobs
from datastore.database import Database
from datastore.rows import AnyRow
from datastore.schema import HAS_RUNNING, jobs, workloads
from dpip.domain import JobState

_WITH_RUNNING = select(workloads.c.id).where(HAS_RUNNING).scalar_subquery()

# Running jobs are few: they are found by way of the workloads that have some, whatever the table's length.
SELECT_RUNNING = select(jobs.c.id, jobs.c.attempt, jobs.c.worker_id).where(
    jobs.c.workload_id.in_(_WITH_RUNNING), jobs.c.state == JobState.RUNNING
)
_LOCK_RUNNING = (
    select(jobs.c.id, jobs.c.workload_id, jobs.c.attempt, jobs.c.epoch, jobs.c.lease_until)
    .where(jobs.c.state == JobState.RUNNING)
    .order_by(jobs.c.id)
    .with_for_update()
)

# What a job loses when it goes back to the queue.
UNPLACED: dict[str, None] = {
    "worker_id": None,
    "copy_worker_id": None,
    "reason": None,
    "epoch": None,
    "lease_until": None,
    "started_at": None,
}

_REQUEUE = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("of_id"),
        jobs.c.attempt == bindparam("of_attempt"),
        jobs.c.state == JobState.RUNNING,
    )
    .values(
        state=JobState.QUEUED.value,
        deaths=jobs.c.deaths + bindparam("more_deaths"),
        queued_at=bindparam("now"),
        failure_kind=None,
        failure_detail=None,
        failure_retryable=None,
        **UNPLACED,
    )
)


def requeue(
    database: Database,
    job_ids: Iterable[str],
    still: Callable[[AnyRow], bool],
    now: float,
    *,
    died: int = 0,
) -> int:
    """running -> queued for those of these jobs for which `still(row)` holds once the row is locked."""
    wanted = sorted(set(job_ids))
    if not wanted:
        return 0
    with database.write() as connection:
        if database.locks_rows:
            lock_workloads_of_jobs(connection, wanted)
        changes = CounterChanges()
        values = []
        for some in chunks(wanted):
            for row in connection.execute(_LOCK_RUNNING.where(jobs.c.id.in_(some))):
                if still(row):
                    changes.move(row.workload_id, JobState.RUNNING, JobState.QUEUED)
                    values.append(
                        {"of_id": row.id, "of_attempt": row.attempt, "more_deaths": died, "now": now}
                    )
        if values:
            connection.execute(_REQUEUE, values)
            changes.apply(connection)
    return len(values)


def requeue_where(
    database: Database, condition: ColumnElement[bool], still: Callable[[AnyRow], bool], now: float
) -> int:
    """running -> queued for running jobs that meet `condition`, which `still` says in Python again."""
    with database.read() as connection:
        found = [row.id for row in connection.execute(SELECT_RUNNING.where(condition))]
    return requeue(database, found, still, now)
