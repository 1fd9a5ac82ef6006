"""Second copies of attempts. A copy is the same attempt once more, so whichever ends first commits it, and
the other finds it over. Its result lies under a key of its own; an attempt has one copy at the most."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from datastore.chunks import chunks
from datastore.schema import jobs
from dpip.domain import ClaimedJob, JobState

_LOCK = (
    select(jobs.c.id, jobs.c.attempt)
    .where(jobs.c.state == JobState.RUNNING, jobs.c.copy_worker_id.is_(None))
    .order_by(jobs.c.id)
    .with_for_update()
)
_COPY = update(jobs).where(jobs.c.id == bindparam("of_id")).values(copy_worker_id=bindparam("on_worker"))


def note_copies(connection: Connection, copies: Sequence[ClaimedJob]) -> set[str]:
    """Remember the workers of these copies; returns the ids of the jobs that still run in that attempt and
    had no copy yet."""
    wanted = {copy.job.id: copy for copy in copies}
    found = {
        row.id
        for some in chunks(sorted(wanted))
        for row in connection.execute(_LOCK.where(jobs.c.id.in_(some)))
        if row.attempt == wanted[row.id].attempt
    }
    values = [{"of_id": job_id, "on_worker": wanted[job_id].worker_id} for job_id in sorted(found)]
    if values:
        connection.execute(_COPY, values)
    return found
