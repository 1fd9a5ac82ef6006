"""What must hold of the tables at any moment, recounted from scratch."""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import Connection, select, text

from datastore.engines import connect
from datastore.rows import AnyRow
from datastore.schema import images, jobs, users, workloads
from dpip import ids
from dpip.domain import ImageKind, JobState, VideoState

STATES = [state.value for state in JobState]
_COUNTED = (ImageKind.ORIGINAL, ImageKind.VIDEO)


def check_invariants(url: str) -> None:
    """Fail with what is wrong in the database at `url`."""
    database = connect(url)
    try:
        with database.write() as connection:  # one snapshot of all tables
            if database.locks_rows:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            check_tables(connection)
    finally:
        database.close()


def check_tables(connection: Connection) -> None:
    by_workload: dict[str, list[AnyRow]] = defaultdict(list)
    for job in connection.execute(select(jobs).order_by(jobs.c.seq)):
        by_workload[job.workload_id].append(job)
    stored = {image.id: image for image in connection.execute(select(images))}
    rows = {row.id: row for row in connection.execute(select(workloads))}
    assert set(by_workload) <= set(rows), "jobs of a workload that is not there"
    for workload in rows.values():
        _check_counts(workload, by_workload[workload.id])
    expected = set()
    for job in (job for found in by_workload.values() for job in found):
        _check_job(job)
        expected.add(job.id)
        wanted = ImageKind.FRAME if rows[job.workload_id].video else ImageKind.ORIGINAL
        assert stored[job.id].kind == wanted
        if job.state == JobState.DONE:
            for output in rows[job.workload_id].outputs:
                filtered = ids.filtered_id(job.id, output)
                assert stored[filtered].kind == ImageKind.FILTERED
                assert stored[filtered].seq == job.seq
                expected.add(filtered)
    for workload in (row for row in rows.values() if row.video):
        upload = ids.original_id(workload.id, 0)
        assert stored[upload].kind == ImageKind.VIDEO
        expected.add(upload)
        if workload.video == VideoState.DONE:
            assert stored[ids.filtered_id(upload)].kind == ImageKind.FILTERED_VIDEO
            expected.add(ids.filtered_id(upload))
    _check_quotas(connection)
    assert set(stored) == expected, "images without a job that says so, or the other way round"


def _check_quotas(connection: Connection) -> None:
    """What is counted for each user is what there is."""
    kept: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    originals = select(workloads.c.owner_id, images.c.size_bytes).join_from(images, workloads)
    for owner, size in connection.execute(originals.where(images.c.kind.in_(_COUNTED))):
        kept[owner] = kept[owner][0] + size, kept[owner][1] + 1
    made = Counter(connection.scalars(select(workloads.c.owner_id)))
    for user in connection.execute(select(users)):
        assert (user.used_bytes, user.used_images) == kept[user.id], f"the count of {user.name!r}"
        assert user.used_workloads == made[user.id], f"the workloads of {user.name!r}"


def _check_counts(workload: AnyRow, found: list[AnyRow]) -> None:
    counted = Counter(job.state for job in found)
    assert {state: getattr(workload, state) for state in STATES} == {s: counted[s] for s in STATES}
    places = [job.seq for job in found]  # deleted images leave gaps
    assert places == sorted(set(places)), "two originals in one place"
    assert not places or (places[0] >= 1 and places[-1] < workload.next_seq)
    if workload.cancelled_at is not None:
        assert workload.queued == workload.running == 0


def _check_job(job: AnyRow) -> None:
    assert job.id == ids.original_id(job.workload_id, job.seq)
    running = job.state == JobState.RUNNING
    assert (job.lease_until is not None) == running
    assert 0 <= job.spent <= job.attempt
    if job.state == JobState.QUEUED:
        assert (job.worker_id, job.epoch, job.reason, job.started_at) == (None, None, None, None)
    if running or job.state == JobState.DONE:
        assert job.attempt >= 1
        assert None not in {job.worker_id, job.epoch, job.started_at}
    assert (job.finished_at is not None) == (job.state in {JobState.DONE, JobState.FAILED})
    if job.state == JobState.FAILED:
        assert job.failure_kind
    if job.state == JobState.DONE:
        assert job.failure_kind is None
