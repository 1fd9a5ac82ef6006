"""Workloads and images that go, with everything that belongs to them."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, select, update

from datastore.quotas import give_back_original, give_back_workload
from datastore.schema import images, jobs, videos, workloads
from dpip import ids
from dpip.domain import JobState

_KEYS_OF_WORKLOAD = select(images.c.key).where(images.c.workload_id == bindparam("of_id"))
_REMOVE_JOBS = delete(jobs).where(jobs.c.workload_id == bindparam("of_id"))
_REMOVE_IMAGES = delete(images).where(images.c.workload_id == bindparam("of_id"))
_REMOVE_VIDEO = delete(videos).where(videos.c.workload_id == bindparam("of_id"))
_REMOVE_WORKLOAD = delete(workloads).where(workloads.c.id == bindparam("of_id"))

_JOB = select(jobs.c.state, jobs.c.workload_id).where(jobs.c.id == bindparam("of_id")).with_for_update()
_OUTPUTS = select(workloads.c.outputs).where(workloads.c.id == bindparam("of_id"))
_REMOVE_JOB = delete(jobs).where(jobs.c.id == bindparam("of_id"))


def remove_workload(connection: Connection, workload_id: str) -> tuple[str, ...]:
    """Returns the keys whose bytes are to be removed. The workload is locked already."""
    values = {"of_id": workload_id}
    keys = tuple(connection.execute(_KEYS_OF_WORKLOAD, values).scalars())
    give_back_workload(connection, workload_id)
    for statement in (_REMOVE_JOBS, _REMOVE_IMAGES, _REMOVE_VIDEO, _REMOVE_WORKLOAD):
        connection.execute(statement, values)
    return keys


def remove_original(connection: Connection, image_id: str) -> tuple[str, ...] | None:
    """The original with its results and its job, in whatever state; a late result is refused, as for any job
    that is gone. Returns the keys whose bytes are to be removed. The workload is locked already.
    """
    job = connection.execute(_JOB, {"of_id": image_id}).one_or_none()
    if job is None:
        return None
    outputs = connection.execute(_OUTPUTS, {"of_id": job.workload_id}).scalar_one()
    connection.execute(_REMOVE_JOB, {"of_id": image_id})
    give_back_original(connection, job.workload_id, image_id)
    of_it = images.c.id.in_([image_id, *(ids.filtered_id(image_id, output) for output in outputs)])
    keys = tuple(connection.execute(select(images.c.key).where(of_it)).scalars())
    connection.execute(delete(images).where(of_it))
    counter = workloads.c[JobState(job.state).value]
    connection.execute(
        update(workloads).where(workloads.c.id == job.workload_id).values({counter.name: counter - 1})
    )
    return keys
