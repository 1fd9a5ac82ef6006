"""What was done and how busy the workers were, and what there is to do now."""

from __future__ import annotations

from sqlalchemy import func, select, text

from datastore import throughput
from datastore.database import Database
from datastore.schema import HAS_QUEUED, jobs, leadership, workloads
from dpip.domain import JobState
from dpip.ports import Backlog, Done, Throughput, Use

_STATES = [func.coalesce(func.sum(workloads.c[state.value]), 0).label(state.value) for state in JobState]
_BY_PIPELINE = select(workloads.c.pipeline, *_STATES).group_by(workloads.c.pipeline)
# The first in the queue of each workload that has one: by index, however long the queue is.
_FIRST = (
    select(jobs.c.queued_at)
    .where(jobs.c.workload_id == workloads.c.id, jobs.c.state == JobState.QUEUED)
    .order_by(jobs.c.seq)
    .limit(1)
    .correlate(workloads)
    .scalar_subquery()
)
_OLDEST = select(func.min(_FIRST)).select_from(workloads).where(HAS_QUEUED)
_LEADS = select(leadership.c.until).where(leadership.c.holder.is_not(None))
_SIZES = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    "postgresql": text("SELECT pg_database_size(current_database())"),
}


class SqlHistory:
    """`dpip.ports.History` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def throughput(self, since: float) -> tuple[Throughput, ...]:
        return throughput.since(self._database, since)

    def total(self) -> Done:
        return throughput.total(self._database)

    def use(self, since: float, bucket_s: float) -> tuple[Use, ...]:
        return throughput.use(self._database, since, bucket_s)

    def thin(self, now: float) -> int:
        return throughput.thin(self._database, now)

    def backlog(self) -> Backlog:
        with self._database.read() as connection:
            by_pipeline = {
                row.pipeline: {state: int(getattr(row, state.value)) for state in JobState}
                for row in connection.execute(_BY_PIPELINE)
            }
            oldest = connection.execute(_OLDEST).scalar_one()
            until = connection.execute(_LEADS).scalar_one_or_none()
        return Backlog(by_pipeline, oldest, until)

    def size_bytes(self) -> int:
        with self._database.read() as connection:
            return int(connection.execute(_SIZES[connection.dialect.name]).scalar_one())
