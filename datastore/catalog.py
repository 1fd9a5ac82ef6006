"""Workloads and their images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from datastore import making, rows
from datastore.cancelling import cancel_unfinished
from datastore.chunks import chunks
from datastore.counters import lock_workload
from datastore.database import Database
from datastore.direct import execute_many, fetch
from datastore.pages import page
from datastore.quotas import charge, charge_workload
from datastore.receipts import keep_part, keep_receipt
from datastore.removing import remove_original, remove_workload
from datastore.replaying import go_on, replay_failed
from datastore.schema import IS_ACTIVE, images, jobs, workloads
from datastore.telling import tell
from dpip import ids
from dpip.domain import (
    NO_QUOTA,
    VIDEO_UNFINISHED,
    ImageKind,
    JobState,
    Making,
    Quota,
    StoredImage,
    VideoState,
    WebhookEvent,
    Workload,
    WorkloadStatus,
)
from dpip.errors import Conflict, NotFound
from dpip.names import clash_key
from dpip.ports import NewOriginal, Page, Part, Receipt

_WORKLOAD = select(workloads).where(workloads.c.id == bindparam("id"))
_OVER = workloads.c.done + workloads.c.failed
_OF_IMAGES = workloads.c.video.is_(None)
_OF_STATUS = {  # as dpip.domain.Workload.status has it
    WorkloadStatus.RUNNING: or_(
        and_(_OF_IMAGES, workloads.c.running > 0), workloads.c.video == VideoState.RUNNING
    ),
    WorkloadStatus.SCHEDULING: or_(
        and_(_OF_IMAGES, workloads.c.running == 0, or_(workloads.c.queued > 0, _OVER == 0)),
        workloads.c.video == VideoState.WAITING,
    ),
    WorkloadStatus.COMPLETED: or_(
        and_(_OF_IMAGES, workloads.c.running == 0, workloads.c.queued == 0, _OVER > 0),
        workloads.c.video.not_in(sorted(VIDEO_UNFINISHED)),
    ),
}
_ALLOCATE = (
    update(workloads)
    .where(
        workloads.c.id == bindparam("of_id"), workloads.c.cancelled_at.is_(None), workloads.c.video.is_(None)
    )
    .values(
        next_seq=workloads.c.next_seq + bindparam("count"), queued=workloads.c.queued + bindparam("count")
    )
    .returning(workloads.c.next_seq - bindparam("count"), workloads.c.name, workloads.c.owner_id)
)
_OUTPUTS = select(workloads.c.id, workloads.c.outputs)
_CANCELLED_AT = select(workloads.c.cancelled_at, workloads.c.video).where(workloads.c.id == bindparam("id"))
_ADD_IMAGE = insert(images)
_ADD_JOB = insert(jobs)
_IMAGE = rows.SELECT_IMAGE.where(images.c.id == bindparam("id"))
_DONE = (
    select(jobs.c.id)
    .where(jobs.c.workload_id == bindparam("workload_id"), jobs.c.state == JobState.DONE)
    .order_by(jobs.c.seq)
)


class SqlCatalog:
    """`dpip.ports.Catalog` over SQL."""

    def __init__(self, database: Database, quota: Quota = NO_QUOTA) -> None:
        """`quota` is that of users who have none of their own."""
        self._database = database
        self._quota = quota

    def create_workload(self, workload: Workload, receipt: Receipt | None = None) -> Workload:
        """Raises `Conflict` when the name (or one that clashes with it) is taken, and `OverQuota`."""
        try:
            with self._database.write() as connection:
                connection.execute(insert(workloads), rows.workload_values(workload))
                charge_workload(connection, workload.owner_id, self._quota)
                if receipt is not None:
                    keep_receipt(connection, receipt)
        except Conflict as error:
            raise name_taken(workload.name) from error
        return workload

    def workload(self, workload_id: str, owner_id: str | None) -> Workload | None:
        with self._database.read() as connection:
            row = connection.execute(_WORKLOAD, {"id": workload_id}).one_or_none()
        if row is None or owner_id not in {None, row.owner_id}:
            return None
        return rows.workload(row)

    def workloads(
        self,
        owner_id: str | None,
        *,
        active_only: bool = False,
        status: WorkloadStatus | None = None,
        oldest_first: bool = False,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Workload]:
        """Newest first, unless asked for otherwise. One cancelled while empty is not active."""
        statement = select(workloads).order_by(workloads.c.id if oldest_first else workloads.c.id.desc())
        if owner_id is not None:
            statement = statement.where(workloads.c.owner_id == owner_id)
        if active_only:
            statement = statement.where(IS_ACTIVE)
        if status is not None:
            statement = statement.where(_OF_STATUS[status])
        if after is not None:
            statement = statement.where(workloads.c.id > after if oldest_first else workloads.c.id < after)
        with self._database.read() as connection:
            found = connection.execute(statement.limit(limit + 1)).all()
        return page([rows.workload(row) for row in found], limit, lambda item: item.id)

    def change_workload(
        self, workload_id: str, *, name: str | None = None, priority: int | None = None
    ) -> Workload | None:
        """Its name is the directory of its images, so it stays once there was one."""
        with self._changing(workload_id) as (connection, row):
            if row is None:
                return None
            values: dict[str, object] = {} if priority is None else {"priority": priority}
            if name is not None and name != row.name:
                if row.next_seq > 1 or row.video is not None:
                    raise Conflict(
                        f"images were uploaded to {row.name!r} and lie in the directory of that name: it can "
                        "be changed before the first upload only"
                    )
                values |= {"name": name, "name_key": clash_key(name)}
            if values:
                try:
                    connection.execute(
                        update(workloads).where(workloads.c.id == workload_id).values(**values)
                    )
                except IntegrityError as error:
                    raise name_taken(name or row.name) from error
            return rows.workload(connection.execute(_WORKLOAD, {"id": workload_id}).one())

    def cancel_workload(self, workload_id: str, now: float) -> Workload | None:
        """Fail every queued and running job as cancelled; doing it again changes nothing."""
        with self._changing(workload_id) as (connection, row):
            if row is None:
                return None
            if row.cancelled_at is None:
                cancel_unfinished(connection, workload_id, now)
                tell(connection, WebhookEvent.WORKLOAD_CANCELLED, [workload_id], now)
            return rows.workload(connection.execute(_WORKLOAD, {"id": workload_id}).one())

    def delete_workload(self, workload_id: str) -> tuple[str, ...] | None:
        """Remove all rows of it; returns the keys whose bytes are to be removed. None: there was none."""
        with self._changing(workload_id) as (connection, row):
            return None if row is None else remove_workload(connection, workload_id)

    def delete_original(self, image_id: str, now: float) -> tuple[str, ...] | None:
        """Remove an original with its results and its job; the answer is as for a workload."""
        with self._changing(ids.workload_of(image_id)) as (connection, row):
            if row is None:
                return None
            keys = remove_original(connection, image_id)
            if row.queued + row.running:  # it may have been the last one that somebody waited for
                tell(connection, WebhookEvent.WORKLOAD_COMPLETED, [row.id], now)
            return keys

    def resume_workload(self, workload_id: str, now: float) -> Workload | None:
        """Queue what was cancelled, and take uploads again; doing it again changes nothing."""
        with self._changing(workload_id) as (connection, row):
            if row is None:
                return None
            if row.cancelled_at is not None:
                go_on(connection, workload_id, now)
            return rows.workload(connection.execute(_WORKLOAD, {"id": workload_id}).one())

    def replay(
        self, workload_id: str, now: float, *, job_id: str | None = None, kind: str | None = None
    ) -> int:
        """failed -> queued: one job, those that failed for one kind of reason, or all; returns how many."""
        with self._changing(workload_id) as (connection, row):
            if row is None:
                raise NotFound(f"there is no workload {workload_id!r}")
            if row.cancelled_at is not None:
                raise Conflict(f"the workload {workload_id!r} was cancelled; resume it to run its jobs")
            return replay_failed(connection, workload_id, now, job_id=job_id, kind=kind)

    @contextmanager
    def _changing(self, workload_id: str) -> Iterator[tuple[Connection, rows.AnyRow | None]]:
        """A transaction in which nobody else changes the workload, and its row, if there is one."""
        with self._database.write() as connection:
            if self._database.locks_rows:
                lock_workload(connection, workload_id)
            yield connection, connection.execute(_WORKLOAD, {"id": workload_id}).one_or_none()

    def filtered_ids(self, workload_ids: Sequence[str]) -> dict[str, list[str]]:
        """A done job has all its filtered images, so an index over the jobs answers this."""
        with self._database.read() as connection:
            outputs = {
                row.id: row.outputs
                for some in chunks(workload_ids)
                for row in connection.execute(_OUTPUTS.where(workloads.c.id.in_(some)))
            }
            return {
                workload_id: [
                    ids.filtered_id(original, output)
                    for original in connection.execute(_DONE, {"workload_id": workload_id}).scalars()
                    for output in outputs.get(workload_id, ())
                ]
                for workload_id in workload_ids
            }

    def add_original(
        self,
        new: NewOriginal,
        place: Callable[[str], None],
        now: float,
        receipt: Callable[[StoredImage], Receipt | None] | None = None,
    ) -> StoredImage:
        """Image row, job row and receipt in one transaction, with `place(key)` just before its commit."""

        def also(connection: Connection, stored: tuple[StoredImage, ...]) -> None:
            made = receipt(stored[0]) if receipt is not None else None
            if made is not None:
                keep_receipt(connection, made)

        return self._add([new], [place], now, also)[0]

    def add_originals(
        self,
        new: Sequence[NewOriginal],
        places: Sequence[Callable[[str], None]],
        now: float,
        part: Callable[[tuple[StoredImage, ...]], Part | None] | None = None,
    ) -> tuple[StoredImage, ...]:
        """All of them or none, numbered in order, and the part of the request that they are.

        Other writers of the workload (on SQLite: all writers) wait while `places` run.
        """

        def also(connection: Connection, stored: tuple[StoredImage, ...]) -> None:
            made = part(stored) if part is not None else None
            if made is not None:
                keep_part(connection, made)

        return self._add(new, places, now, also)

    def _add(
        self,
        new: Sequence[NewOriginal],
        places: Sequence[Callable[[str], None]],
        now: float,
        also: Callable[[Connection, tuple[StoredImage, ...]], None],
    ) -> tuple[StoredImage, ...]:
        [workload_id] = {item.workload_id for item in new}
        with self._database.write() as connection:
            values = {"of_id": workload_id, "count": len(new)}
            allocated = fetch(connection, _ALLOCATE, values)
            if not allocated:
                raise _refusal(connection, workload_id)
            [(first, workload_name, owner_id)] = allocated
            charge(connection, owner_id, new, self._quota)
            stored = tuple(
                original_of(item, seq, workload_name, owner_id, now) for seq, item in enumerate(new, first)
            )
            execute_many(connection, _ADD_IMAGE, [rows.image_values(image) for image in stored])
            jobs_values = [job_values(image, item) for image, item in zip(stored, new, strict=True)]
            execute_many(connection, _ADD_JOB, jobs_values)
            also(connection, stored)
            for place, image in zip(places, stored, strict=True):
                place(image.key)
        return stored

    def image(self, image_id: str, owner_id: str | None) -> StoredImage | None:
        with self._database.read() as connection:
            row = connection.execute(_IMAGE, {"id": image_id}).one_or_none()
        if row is None or owner_id not in {None, row.owner_id}:
            return None
        return rows.image(row)

    def images(
        self,
        workload_id: str,
        *,
        kind: ImageKind | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[StoredImage]:
        """In order of upload; an original comes before its filtered image."""
        statement = rows.SELECT_IMAGE.where(
            images.c.workload_id == workload_id, images.c.id > (after or "")
        ).order_by(images.c.id)
        if kind is not None:
            statement = statement.where(images.c.kind == kind)
        with self._database.read() as connection:
            found = connection.execute(statement.limit(limit + 1)).all()
        return page([rows.image(row) for row in found], limit, lambda item: item.id)

    def makings(self, image_ids: Sequence[str]) -> dict[str, Making]:
        """How these filtered images were made, as far as it is known."""
        with self._database.read() as connection:
            return making.of_images(connection, image_ids)

    def makings_of(self, workload_id: str) -> tuple[tuple[Making, int], ...]:
        """How the filtered images of a workload were made, and how many each way; looks at each of them."""
        with self._database.read() as connection:
            return making.of_workload(connection, workload_id)

    def known_keys(self, keys: Sequence[str]) -> set[str]:
        known: set[str] = set()
        with self._database.read() as connection:
            for some in chunks(keys):
                statement = select(images.c.key).where(images.c.key.in_(some))
                known.update(connection.execute(statement).scalars())
        return known


def name_taken(name: str) -> Conflict:
    return Conflict(f"the workload_name {name!r} is taken, or too much like one that is; choose another")


def _refusal(connection: Connection, workload_id: str) -> NotFound | Conflict:
    """Why no place could be allocated in this workload."""
    row = connection.execute(_CANCELLED_AT, {"id": workload_id}).one_or_none()
    if row is None:
        return NotFound(f"there is no workload {workload_id!r}; POST /workloads makes one")
    if row.video is not None:
        return Conflict(f"the workload {workload_id!r} is a video's and takes no images; make another")
    return Conflict(
        f"the workload {workload_id!r} was cancelled and takes no more images; resume it, or make another"
    )


def original_of(new: NewOriginal, seq: int, workload_name: str, owner_id: str, now: float) -> StoredImage:
    image_id = ids.original_id(new.workload_id, seq)
    return StoredImage(
        id=image_id,
        workload_id=new.workload_id,
        owner_id=owner_id,
        seq=seq,
        kind=ImageKind.ORIGINAL,
        key=ids.original_key(workload_name, image_id, new.extension),
        name=rows.storable(new.name),
        facts=new.facts,
        created_at=now,
    )


def job_values(original: StoredImage, new: NewOriginal) -> dict[str, object]:
    return {
        "id": original.id,
        "workload_id": original.workload_id,
        "seq": original.seq,
        "state": JobState.QUEUED.value,
        "attempt": 0,
        "deaths": 0,
        "megapixels": new.needs.megapixels,
        "memory_bytes": new.needs.memory_bytes,
        "queued_at": original.created_at,
        "trace": new.trace,
    }
