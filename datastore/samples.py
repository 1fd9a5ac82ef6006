"""What workers reported of their resources, kept coarser the older it is.

Every report for ten minutes, then a mean per minute for a day, then a mean per hour for thirty days:
about 2,500 rows for a worker that reports every two seconds, however long it runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, Double, bindparam, cast, delete, func, literal, select
from sqlalchemy.engine import CursorResult

from datastore.database import Database
from datastore.schema import samples
from datastore.upsert import insert_missing
from dpip.ports import Report, Sample

RAW_KEPT_S = 600.0
MINUTE_S = 60.0
MINUTES_KEPT_S = 24 * 3600.0
HOUR_S = 3600.0
HOURS_KEPT_S = 30 * 24 * 3600.0
_RAW = 0.0


@dataclass(frozen=True, slots=True)
class _Step:
    """Buckets of `source` seconds older than `age` become buckets of `bucket` seconds."""

    source: float
    age: float
    bucket: float


_STEPS = (_Step(_RAW, RAW_KEPT_S, MINUTE_S), _Step(MINUTE_S, MINUTES_KEPT_S, HOUR_S))

_COLUMNS = [column.name for column in samples.columns]
_SINCE = (
    select(samples)
    .where(samples.c.worker_id == bindparam("worker_id"), samples.c.at >= bindparam("since"))
    .order_by(samples.c.at)
)
_OLDEST = select(func.min(samples.c.at)).where(samples.c.seconds == bindparam("source"))


def values(report: Report) -> dict[str, object]:
    """The row of a report. Several GPUs count as one: mean use, summed memory."""
    gpus = report.load.gpus
    return {
        "worker_id": report.worker_id,
        "seconds": _RAW,
        "at": report.at,
        "cpu_percent": report.load.cpu_percent,
        "memory_available": report.load.memory_available,
        "running_jobs": report.load.running_jobs,
        "gpu_percent": sum(gpu.utilisation_percent for gpu in gpus) / len(gpus) if gpus else 0.0,
        "gpu_memory_used": sum(gpu.memory_used for gpu in gpus),
    }


def since(database: Database, worker_id: str, begin: float) -> tuple[Sample, ...]:
    """A worker's samples from `begin` on, in order of time."""
    with database.read() as connection:
        found = connection.execute(_SINCE, {"worker_id": worker_id, "since": begin})
        return tuple(Sample(**row._mapping) for row in found)


def thin(database: Database, now: float) -> int:
    """Make old samples coarser, drop the oldest; returns how many rows went. One bucket per transaction."""
    removed = 0
    for step in _STEPS:
        end = (now - step.age) // step.bucket * step.bucket  # whole buckets only
        while (begin := _oldest_bucket(database, step, end)) is not None:
            with database.write() as connection:
                removed += _merge(connection, step, begin)
    too_old = (samples.c.seconds == HOUR_S, samples.c.at < now - HOURS_KEPT_S)
    with database.write() as connection:
        return removed + _count(connection.execute(delete(samples).where(*too_old)))


def _oldest_bucket(database: Database, step: _Step, end: float) -> float | None:
    with database.read() as connection:
        oldest = connection.execute(_OLDEST, {"source": step.source}).scalar_one()
    return None if oldest is None or oldest >= end else float(oldest // step.bucket * step.bucket)


def _merge(connection: Connection, step: _Step, begin: float) -> int:
    inside = (
        samples.c.seconds == step.source,
        samples.c.at >= begin,
        samples.c.at < begin + step.bucket,
    )
    means = (
        select(
            samples.c.worker_id,
            literal(step.bucket, Double),
            literal(begin, Double),
            func.avg(samples.c.cpu_percent),
            cast(func.avg(samples.c.memory_available), BigInteger),
            func.avg(samples.c.running_jobs),
            func.avg(samples.c.gpu_percent),
            cast(func.avg(samples.c.gpu_memory_used), BigInteger),
        )
        .where(*inside)
        .group_by(samples.c.worker_id)
    )
    connection.execute(insert_missing(connection, samples).from_select(_COLUMNS, means))
    return _count(connection.execute(delete(samples).where(*inside)))


def _count(result: CursorResult[tuple[object, ...]]) -> int:
    return result.rowcount
