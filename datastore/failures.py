"""The list of images that failed for good."""

from __future__ import annotations

from sqlalchemy import func, select

from datastore.database import Database
from datastore.pages import page
from datastore.rows import AnyRow
from datastore.schema import images, jobs, workers
from dpip.domain import FailedImage, JobState
from dpip.ports import Page

_FAILED = select(
    jobs.c.id,
    images.c.name,
    jobs.c.failure_kind,
    jobs.c.failure_detail,
    jobs.c.attempt,
    jobs.c.spent,
    workers.c.name.label("worker_name"),
    jobs.c.finished_at,
).select_from(
    jobs.join(images, images.c.id == jobs.c.id).outerjoin(workers, workers.c.id == jobs.c.worker_id)
)


def failed_images(
    database: Database, workload_id: str, *, kind: str | None, limit: int, after: str | None
) -> Page[FailedImage]:
    """In order of upload; `after` is the id of the last one before."""
    seq = select(jobs.c.seq).where(jobs.c.id == (after or "")).scalar_subquery()
    statement = _FAILED.where(jobs.c.workload_id == workload_id, jobs.c.state == JobState.FAILED)
    statement = statement.where(jobs.c.seq > func.coalesce(seq, 0)).order_by(jobs.c.seq).limit(limit + 1)
    if kind is not None:
        statement = statement.where(jobs.c.failure_kind == kind)
    with database.read() as connection:
        found = connection.execute(statement).all()
    return page([_failed_image(row) for row in found], limit, lambda item: item.image_id)


def _failed_image(row: AnyRow) -> FailedImage:
    return FailedImage(
        image_id=row.id,
        name=row.name,
        kind=row.failure_kind or "unknown",
        detail=row.failure_detail or "",
        attempts=row.attempt - row.spent,
        worker_name=row.worker_name,
        failed_at=row.finished_at,
    )
