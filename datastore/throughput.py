"""What was done, by the minute; by the hour from the second day on, for ever: 24 rows a day.

Sums, not means: the sum over all rows is what was done since the datastore was made.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from datastore.database import Database
from datastore.direct import execute_many
from datastore.schema import samples, throughput
from datastore.upsert import Insert
from dpip.ports import Done, Throughput, Use

MINUTE_S, HOUR_S = 60.0, 3600.0
MINUTES_KEPT_S = 24 * HOUR_S
_SUMS = ("done", "failed", "again", "megapixels", "busy_s")
_TOTALS = [func.coalesce(func.sum(throughput.c[name]), 0).label(name) for name in _SUMS]
_SINCE = select(throughput).where(throughput.c.at >= bindparam("since")).order_by(throughput.c.at)
_OLD = (throughput.c.seconds == MINUTE_S) & (throughput.c.at < bindparam("before"))


def add(connection: Connection, now: float, done: Done) -> None:
    """One row, whatever the number of jobs; the last thing of a transaction, as others wait for it."""
    _add(connection, [{"at": now // MINUTE_S * MINUTE_S, "seconds": MINUTE_S, **_values(done)}])


def since(database: Database, begin: float) -> tuple[Throughput, ...]:
    """In order of time."""
    with database.read() as connection:
        found = connection.execute(_SINCE, {"since": begin})
        return tuple(
            Throughput(row.at, row.seconds, Done(*(getattr(row, name) for name in _SUMS))) for row in found
        )


def total(database: Database) -> Done:
    """Since the datastore was made."""
    with database.read() as connection:
        return Done(*connection.execute(select(*_TOTALS)).one())


def thin(database: Database, now: float) -> int:
    """Minutes of whole hours that are a day old become these hours; returns rows removed."""
    before = (now - MINUTES_KEPT_S) // HOUR_S * HOUR_S
    with database.write() as connection:
        rows = connection.execute(select(throughput).where(_OLD), {"before": before}).all()
        hours: dict[float, Done] = {}
        for row in rows:
            hour = row.at // HOUR_S * HOUR_S
            minute = Done(*(getattr(row, name) for name in _SUMS))
            hours[hour] = hours.get(hour, Done()) + minute
        _add(
            connection,
            [{"at": hour, "seconds": HOUR_S, **_values(hours[hour])} for hour in sorted(hours)],
        )
        if rows:
            connection.execute(delete(throughput).where(_OLD), {"before": before})
    return len(rows)


def use(database: Database, begin: float, bucket_s: float) -> tuple[Use, ...]:
    """How busy all workers together were, in buckets of `bucket_s` seconds, in order of time."""
    bucket = func.floor(samples.c.at / bucket_s)
    each = (
        select(
            bucket.label("bucket"),
            func.avg(samples.c.cpu_percent).label("cpu_percent"),
            func.avg(samples.c.running_jobs).label("running_jobs"),
        )
        .where(samples.c.at >= begin)
        .group_by(samples.c.worker_id, bucket)
        .subquery()
    )
    statement = (
        select(
            each.c.bucket,
            func.count().label("workers"),
            func.avg(each.c.cpu_percent).label("cpu_percent"),
            func.sum(each.c.running_jobs).label("running_jobs"),
        )
        .group_by(each.c.bucket)
        .order_by(each.c.bucket)
    )
    with database.read() as connection:
        return tuple(
            Use(row.bucket * bucket_s, row.workers, row.cpu_percent, row.running_jobs)
            for row in connection.execute(statement)
        )


def _add(connection: Connection, rows: list[dict[str, float]]) -> None:
    execute_many(connection, _upsert(connection.dialect.name), rows)


@cache
def _upsert(dialect: str) -> Insert:
    insert = sqlite.insert(throughput) if dialect == "sqlite" else postgresql.insert(throughput)
    more = {name: throughput.c[name] + insert.excluded[name] for name in _SUMS}
    return insert.on_conflict_do_update(index_elements=["seconds", "at"], set_=more)


def _values(done: Done) -> dict[str, float]:
    return {name: getattr(done, name) for name in _SUMS}
