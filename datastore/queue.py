"""The life of jobs, as the scheduler drives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from datastore import rows
from datastore.chunks import chunks
from datastore.copying import note_copies
from datastore.counters import CounterChanges, lock_workloads_of_jobs, mark_served
from datastore.database import Database
from datastore.direct import execute_many, fetch
from datastore.failures import failed_images
from datastore.fairness import Share, choose_workloads, in_turn
from datastore.finishing import finish_batch
from datastore.leadership import check_epoch
from datastore.one_of import OneOf, listed
from datastore.pages import id_range, page
from datastore.requeueing import SELECT_RUNNING, requeue, requeue_where
from datastore.schema import HAS_QUEUED, IS_QUEUED, jobs, workloads
from dpip.domain import ClaimedJob, FailedImage, Job, JobState, Outcome, Placement, QueuedJob
from dpip.ports import Page, Waiting
from dpip.priority import YOUNG, Ageing

_NOTHING: Mapping[str, QueuedJob] = MappingProxyType({})
_NEXT_OF_WORKLOAD = (
    rows.SELECT_QUEUED.where(jobs.c.workload_id == bindparam("workload_id"), jobs.c.state == JobState.QUEUED)
    .order_by(jobs.c.seq)
    .limit(bindparam("count"))
)
_LARGEST_OF_WORKLOAD = (
    rows.SELECT_QUEUED.where(jobs.c.workload_id == bindparam("workload_id"), IS_QUEUED)
    .order_by(jobs.c.megapixels.desc())
    .limit(bindparam("count"))
)
_WAITING = select(workloads.c.id, workloads.c.queued).where(HAS_QUEUED)
_ADDED_UP = 20_000  # queued jobs that are looked at one by one to add up their megapixels
_ADD_UP = (
    select(jobs.c.workload_id, func.count().label("jobs"), func.sum(jobs.c.megapixels).label("megapixels"))
    .where(IS_QUEUED)
    .group_by(jobs.c.workload_id)
)
_LOCK_QUEUED = (
    select(jobs.c.id, jobs.c.attempt, jobs.c.deaths, jobs.c.queued_at)
    .where(OneOf(jobs.c.id, "job_ids"), jobs.c.state == JobState.QUEUED)
    .order_by(jobs.c.id)
    .with_for_update()
)
_CLAIM = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_id"), jobs.c.state == JobState.QUEUED)
    .values(
        state=JobState.RUNNING.value,
        attempt=jobs.c.attempt + 1,
        worker_id=bindparam("on_worker"),
        reason=bindparam("why"),
        epoch=bindparam("of_epoch"),
        lease_until=bindparam("until"),
        started_at=bindparam("now"),
    )
)
_RENEW = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("of_id"),
        jobs.c.attempt == bindparam("of_attempt"),
        jobs.c.state == JobState.RUNNING,
    )
    .values(lease_until=bindparam("until"))
)
_JOB = rows.SELECT_JOB.where(jobs.c.id == bindparam("id"))


class SqlJobQueue:
    """`dpip.ports.JobQueue` over SQL. Every change is conditional on state and attempt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def candidates(
        self, limit: int, per_workload: int, offered_tags: frozenset[str], ageing: Ageing = YOUNG
    ) -> tuple[QueuedJob, ...]:
        """See `fairness`; between equals, who was not served for the longest time comes first.

        Costs two queries and one for each workload that takes part, whatever the length of the queue.
        """
        with self._database.read() as connection:
            shares = choose_workloads(connection, limit, per_workload, offered_tags, ageing)
            taken = {share.line: _take(connection, _NEXT_OF_WORKLOAD, share) for share in shares}
        return in_turn(taken)

    def largest(
        self, limit: int, offered_tags: frozenset[str], ageing: Ageing = YOUNG
    ) -> tuple[QueuedJob, ...]:
        """Costs what `candidates` does."""
        with self._database.read() as connection:
            shares = choose_workloads(connection, limit, limit, offered_tags, ageing)
            return tuple(job for share in shares for job in _take(connection, _LARGEST_OF_WORKLOAD, share))

    def waiting(self) -> dict[str, Waiting]:
        """What is queued of each workload."""
        with self._database.read() as connection:
            found = {row.id: Waiting(row.queued, None) for row in connection.execute(_WAITING)}
            if sum(waiting.jobs for waiting in found.values()) <= _ADDED_UP:
                found |= {
                    row.workload_id: Waiting(row.jobs, row.megapixels) for row in connection.execute(_ADD_UP)
                }
        return found

    def claim(
        self,
        placements: Sequence[Placement],
        epoch: int,
        now: float,
        lease_until: float,
        known: Mapping[str, QueuedJob] = _NOTHING,
    ) -> tuple[ClaimedJob, ...]:
        """queued -> running. Raises `Fenced` when `epoch` is not the current leader's."""
        wanted = {placement.job_id: placement for placement in reversed(placements)}
        with self._database.write() as connection:
            check_epoch(connection, epoch)
            found = self._lock_queued(connection, sorted(wanted), known)
            changes = CounterChanges()
            for job in found.values():
                changes.move(job.workload_id, JobState.QUEUED, JobState.RUNNING)
            execute_many(
                connection,
                _CLAIM,
                [
                    {
                        "of_id": job_id,
                        "on_worker": wanted[job_id].worker_id,
                        "why": rows.storable(wanted[job_id].reason),
                        "of_epoch": epoch,
                        "until": lease_until,
                        "now": now,
                    }
                    for job_id in found
                ],
            )
            changes.apply(connection)
            mark_served(connection, {job.workload_id for job in found.values()}, now)
        return tuple(
            ClaimedJob(found[job_id], wanted[job_id].worker_id, found[job_id].attempt + 1, lease_until)
            for job_id in dict.fromkeys(placement.job_id for placement in placements)
            if job_id in found
        )

    def _lock_queued(
        self, connection: Connection, job_ids: Sequence[str], known: Mapping[str, QueuedJob]
    ) -> dict[str, QueuedJob]:
        """Those of these jobs that are queued, in the order of their ids."""
        if self._database.locks_rows:
            lock_workloads_of_jobs(connection, job_ids)
        queued = fetch(connection, _LOCK_QUEUED, {"job_ids": listed(job_ids)})
        new = [job_id for job_id, *now in queued if not _is(known.get(job_id), now)]
        read = self._read(connection, new)
        return {job_id: read.get(job_id) or known[job_id] for job_id, *_ in queued}

    def _read(self, connection: Connection, job_ids: Sequence[str]) -> dict[str, QueuedJob]:
        if not job_ids:
            return {}
        return {
            row.id: rows.queued_job(row)
            for some in chunks(job_ids)
            for row in connection.execute(rows.SELECT_QUEUED.where(jobs.c.id.in_(some)))
        }

    def copy(self, copies: Sequence[ClaimedJob], epoch: int) -> set[str]:
        """Let these attempts run on another worker, too; see `copying`."""
        with self._database.write() as connection:
            check_epoch(connection, epoch)
            return note_copies(connection, copies)

    def renew(self, claimed: Sequence[tuple[str, int]], lease_until: float) -> None:
        """Prolong the leases of these (job id, attempt) pairs."""
        values = [
            {"of_id": job_id, "of_attempt": attempt, "until": lease_until}
            for job_id, attempt in sorted(claimed)
        ]
        if values:
            with self._database.write() as connection:
                execute_many(connection, _RENEW, values)

    def finish(self, outcomes: Sequence[Outcome], now: float, max_attempts: int) -> tuple[bool, ...]:
        """running -> done | failed | queued again; see `finishing`."""
        if not outcomes:
            return ()
        with self._database.write() as connection:
            if self._database.locks_rows:
                lock_workloads_of_jobs(connection, {outcome.job_id for outcome in outcomes})
            return finish_batch(connection, outcomes, now, max_attempts)

    def release(self, claimed: Sequence[tuple[str, int]], *, died: int, now: float) -> int:
        """running -> queued for these (job id, attempt) pairs; so many workers `died`, which counts against
        the job."""
        pairs = set(claimed)
        job_ids = [job_id for job_id, _ in pairs]
        return requeue(self._database, job_ids, lambda row: (row.id, row.attempt) in pairs, now, died=died)

    def release_expired(self, now: float) -> int:
        """running -> queued for every job whose lease ran out."""
        return requeue_where(
            self._database, jobs.c.lease_until <= now, lambda row: row.lease_until <= now, now
        )

    def release_before_epoch(self, epoch: int, now: float) -> int:
        """running -> queued for every job that an earlier leader placed."""
        return requeue_where(self._database, jobs.c.epoch < epoch, lambda row: row.epoch < epoch, now)

    def running(self) -> tuple[tuple[str, int, str], ...]:
        """(job id, attempt, worker id) of every running job."""
        with self._database.read() as connection:
            return tuple((row.id, row.attempt, row.worker_id) for row in connection.execute(SELECT_RUNNING))

    def cancelled_among(self, claimed: Sequence[tuple[str, int]]) -> set[str]:
        """Those of these (job id, attempt) pairs that are not running any more, by job id."""
        gone = set(claimed)
        with self._database.read() as connection:
            for some in chunks(sorted({job_id for job_id, _ in claimed})):
                statement = select(jobs.c.id, jobs.c.attempt).where(
                    jobs.c.id.in_(some), jobs.c.state == JobState.RUNNING
                )
                gone.difference_update((row.id, row.attempt) for row in connection.execute(statement))
        return {job_id for job_id, _ in gone}

    def jobs(
        self, workload_id: str, *, state: JobState | None = None, limit: int = 100, after: str | None = None
    ) -> Page[Job]:
        """In order of upload."""
        if state is None:
            begin, end = id_range(workload_id)
            later = rows.SELECT_JOB.where(jobs.c.id > (after or begin), jobs.c.id < end)
            statement = later.order_by(jobs.c.id)
        else:
            seq = select(jobs.c.seq).where(jobs.c.id == (after or "")).scalar_subquery()
            in_state = rows.SELECT_JOB.where(jobs.c.workload_id == workload_id, jobs.c.state == state)
            statement = in_state.where(jobs.c.seq > func.coalesce(seq, 0)).order_by(jobs.c.seq)
        with self._database.read() as connection:
            found = connection.execute(statement.limit(limit + 1)).all()
        return page([rows.job(row) for row in found], limit, lambda item: item.id)

    def job(self, job_id: str) -> Job | None:
        with self._database.read() as connection:
            row = connection.execute(_JOB, {"id": job_id}).one_or_none()
        return None if row is None else rows.job(row)

    def failures(
        self, workload_id: str, *, kind: str | None = None, limit: int = 100, after: str | None = None
    ) -> Page[FailedImage]:
        """Of this kind, or all, in order of upload."""
        return failed_images(self._database, workload_id, kind=kind, limit=limit, after=after)


def _take(connection: Connection, statement: Select[Any], share: Share) -> list[QueuedJob]:
    values = {"workload_id": share.line.workload_id, "count": share.count}
    return [rows.queued_job(row, share.line.level) for row in fetch(connection, statement, values)]


def _is(job: QueuedJob | None, now: Sequence[object]) -> bool:
    """Whether nothing was done to the job since it was read: the rest of it never changes."""
    return job is not None and [job.attempt, job.deaths, job.queued_at] == now
