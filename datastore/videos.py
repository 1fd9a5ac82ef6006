"""Videos, and their frames on the way through the workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydantic import TypeAdapter
from sqlalchemy import Connection, and_, bindparam, delete, exc, insert, or_, select, update

from datastore import rows
from datastore.catalog import job_values, name_taken, original_of
from datastore.counters import lock_workload
from datastore.database import Database
from datastore.direct import execute_many, fetch
from datastore.pages import page
from datastore.quotas import charge, charge_workload
from datastore.receipts import keep_receipt
from datastore.replaying import video_again
from datastore.schema import IS_UNFINISHED, IS_UNTIDY, images, jobs, videos, workloads
from datastore.telling import tell
from dpip import ids
from dpip.domain import (
    NO_QUOTA,
    VIDEO_UNFINISHED,
    ClaimedVideo,
    Failure,
    ImageFacts,
    ImageKind,
    JobState,
    Needs,
    Quota,
    StoredImage,
    Video,
    VideoFacts,
    VideoState,
    WebhookEvent,
    Workload,
)
from dpip.errors import Fenced
from dpip.ports import NewOriginal, NewVideo, Page, Receipt

_FACTS = TypeAdapter(VideoFacts)
_SEQ = 0  # frames count from 1

_UPLOAD = and_(images.c.workload_id == workloads.c.id, images.c.seq == _SEQ, images.c.kind == ImageKind.VIDEO)
_VIDEO = select(videos, workloads, images.c.name.label("file_name"), images.c.key).select_from(
    videos.join(workloads, workloads.c.id == videos.c.workload_id).join(images, _UPLOAD)
)
_STATE = select(workloads.c.video, workloads.c.name, videos.c.attempt).join_from(workloads, videos)
_NEXT = (
    _VIDEO.where(
        IS_UNFINISHED,
        or_(workloads.c.video == VideoState.WAITING, videos.c.lease_until <= bindparam("now")),
    )
    .order_by(videos.c.queued_at)
    .limit(1)
)
_ALLOCATE = (
    update(workloads)
    .where(workloads.c.id == bindparam("of_id"))
    .values(
        next_seq=workloads.c.next_seq + bindparam("count"), queued=workloads.c.queued + bindparam("count")
    )
    .returning(workloads.c.next_seq - bindparam("count"))
)
_ENDED = select(
    jobs.c.id, jobs.c.seq, jobs.c.state, jobs.c.failure_kind, jobs.c.failure_detail, jobs.c.failure_retryable
).where(jobs.c.workload_id == bindparam("of_id"), jobs.c.state.in_([JobState.DONE, JobState.FAILED]))
_RESULTS = select(images.c.seq, images.c.key).where(
    images.c.workload_id == bindparam("of_id"), images.c.kind == ImageKind.FILTERED
)
_UNTIDY = (
    select(videos.c.workload_id)
    .join_from(videos, workloads)
    .where(IS_UNTIDY, workloads.c.video.not_in(sorted(VIDEO_UNFINISHED)))
    .order_by(videos.c.workload_id)
)


class SqlVideos:
    """`dpip.ports.Videos` over SQL."""

    def __init__(self, database: Database, quota: Quota = NO_QUOTA) -> None:
        """`quota` is that of users who have none of their own."""
        self._database = database
        self._quota = quota

    def create(
        self,
        workload: Workload,
        new: NewVideo,
        place: Callable[[str], None],
        receipt: Receipt | None = None,
    ) -> Workload:
        made = replace(workload, video=VideoState.WAITING)
        now = workload.created_at
        facts = ImageFacts(new.facts.format, new.facts.width, new.facts.height, new.size_bytes, new.sha256)
        as_original = NewOriginal(workload.id, new.name, new.extension, facts, Needs(0.0, 0))
        stored = original_of(as_original, _SEQ, workload.name, workload.owner_id, now)
        upload = replace(stored, kind=ImageKind.VIDEO)
        values = {
            "workload_id": workload.id,
            "facts": _FACTS.dump_python(new.facts, mode="json"),
            "target": new.target,
            "quality": new.quality,
            "attempt": 0,
            "untidy": False,
            "frames_split": 0,
            "frames_joined": 0,
            "queued_at": now,
        }
        with self._database.write() as connection:
            try:
                connection.execute(insert(workloads), rows.workload_values(made))
            except exc.IntegrityError as error:
                raise name_taken(workload.name) from error
            charge_workload(connection, workload.owner_id, self._quota)
            charge(connection, workload.owner_id, [as_original], self._quota)
            connection.execute(insert(images), rows.image_values(upload))
            connection.execute(insert(videos), values)
            if receipt is not None:
                keep_receipt(connection, receipt)
            place(upload.key)
        return made

    def video(self, workload_id: str) -> Video | None:
        with self._database.read() as connection:
            row = connection.execute(_VIDEO.where(videos.c.workload_id == workload_id)).one_or_none()
        return None if row is None else _video(row)

    def videos(self, owner_id: str | None, *, limit: int = 100, after: str | None = None) -> Page[Video]:
        """Newest first."""
        statement = _VIDEO.order_by(videos.c.workload_id.desc()).limit(limit + 1)
        if owner_id is not None:
            statement = statement.where(workloads.c.owner_id == owner_id)
        if after is not None:
            statement = statement.where(videos.c.workload_id < after)
        with self._database.read() as connection:
            found = connection.execute(statement).all()
        return page([_video(row) for row in found], limit, lambda item: item.id)

    def again(self, workload_id: str, now: float) -> bool:
        with self._database.write() as connection:
            self._lock(connection, workload_id)
            return video_again(connection, workload_id, VideoState.FAILED, now)

    def claim(self, now: float, lease_until: float) -> ClaimedVideo | None:
        with self._database.write() as connection:
            row = connection.execute(_NEXT, {"now": now}).one_or_none()
            if row is None:
                return None
            self._lock(connection, row.workload_id)
            if self._database.locks_rows:  # somebody may have been faster
                row = connection.execute(
                    _NEXT.where(videos.c.workload_id == row.workload_id), {"now": now}
                ).one_or_none()
                if row is None:
                    return None
            leftovers = self._drop(connection, row.workload_id, None)
            attempt = row.attempt + 1
            connection.execute(
                update(videos)
                .where(videos.c.workload_id == row.workload_id)
                .values(
                    attempt=attempt,
                    lease_until=lease_until,
                    untidy=True,
                    frames_split=0,
                    frames_joined=0,
                    started_at=now,
                )
            )
            _mark(connection, row.workload_id, VideoState.RUNNING)
            fresh = connection.execute(_VIDEO.where(videos.c.workload_id == row.workload_id)).one()
        return ClaimedVideo(_video(fresh), rows.workload(fresh), fresh.key, attempt, leftovers)

    def renew(self, workload_id: str, attempt: int, lease_until: float) -> None:
        with self._attempt(workload_id, attempt) as connection:
            _change(connection, workload_id, lease_until=lease_until)

    def release(self, workload_id: str, attempt: int, now: float) -> None:
        with self._attempt(workload_id, attempt) as connection:
            _change(connection, workload_id, lease_until=None, queued_at=now)
            _mark(connection, workload_id, VideoState.WAITING)

    def add_frames(
        self,
        workload_id: str,
        attempt: int,
        new: Sequence[NewOriginal],
        places: Sequence[Callable[[str], None]],
        now: float,
    ) -> tuple[StoredImage, ...]:
        with self._attempt(workload_id, attempt) as connection:
            values = {"of_id": workload_id, "count": len(new)}
            [(first,)] = fetch(connection, _ALLOCATE, values)
            name = connection.execute(
                select(workloads.c.name).where(workloads.c.id == workload_id)
            ).scalar_one()
            stored = tuple(
                replace(original_of(item, seq, name, "", now), kind=ImageKind.FRAME)
                for seq, item in enumerate(new, first)
            )
            execute_many(connection, insert(images), [rows.image_values(image) for image in stored])
            execute_many(
                connection,
                insert(jobs),
                [job_values(image, item) for image, item in zip(stored, new, strict=True)],
            )
            _change(connection, workload_id, frames_split=videos.c.frames_split + len(new))
            for place, image in zip(places, stored, strict=True):
                place(image.key)
        return stored

    def ended_frames(self, workload_id: str) -> Mapping[str, str | Failure]:
        values = {"of_id": workload_id}
        with self._database.read() as connection:
            ended = connection.execute(_ENDED, values).all()
            # Asked for after the jobs: what is done has its image.
            keys = {row.seq: row.key for row in connection.execute(_RESULTS, values)} if ended else {}
        found: dict[str, str | Failure] = {}
        for row in ended:
            failure = rows.failure(row)
            if row.state == JobState.FAILED and failure is not None:
                found[row.id] = failure
            elif row.seq in keys:
                found[row.id] = keys[row.seq]
        return found

    def drop_frames(self, workload_id: str, attempt: int, frame_ids: Sequence[str]) -> tuple[str, ...]:
        with self._attempt(workload_id, attempt) as connection:
            keys = self._drop(connection, workload_id, frame_ids)
            _change(connection, workload_id, frames_joined=videos.c.frames_joined + len(frame_ids))
        return keys

    def finish(
        self,
        workload_id: str,
        attempt: int,
        facts: ImageFacts,
        place: Callable[[str], None],
        now: float,
        notes: Sequence[str] = (),
    ) -> None:
        with self._attempt(workload_id, attempt) as connection:
            row = connection.execute(_VIDEO.where(videos.c.workload_id == workload_id)).one()
            original = ids.original_id(workload_id, _SEQ)
            made = StoredImage(
                id=ids.filtered_id(original),
                workload_id=workload_id,
                owner_id=row.owner_id,
                seq=_SEQ,
                kind=ImageKind.FILTERED_VIDEO,
                key=ids.result_key(row.name, original, attempt, row.target),
                name=None,
                facts=facts,
                created_at=now,
            )
            connection.execute(insert(images), rows.image_values(made))
            noted = replace(_FACTS.validate_python(row.facts), notes=(*row.facts["notes"], *notes))
            _change(
                connection,
                workload_id,
                finished_at=now,
                lease_until=None,
                facts=_FACTS.dump_python(noted, mode="json"),
            )
            _mark(connection, workload_id, VideoState.DONE)
            tell(connection, WebhookEvent.WORKLOAD_COMPLETED, [workload_id], now)
            place(made.key)

    def fail(self, workload_id: str, attempt: int, failure: Failure, now: float) -> None:
        with self._attempt(workload_id, attempt) as connection:
            _change(
                connection,
                workload_id,
                finished_at=now,
                lease_until=None,
                failure_kind=rows.storable(failure.kind),
                failure_detail=rows.storable(failure.detail),
            )
            _mark(connection, workload_id, VideoState.FAILED)
            tell(connection, WebhookEvent.WORKLOAD_COMPLETED, [workload_id], now)

    def tidy(self) -> tuple[str, ...]:
        with self._database.read() as connection:
            found = connection.execute(_UNTIDY).scalars().all()
        keys: list[str] = []
        for workload_id in found:
            with self._database.write() as connection:
                self._lock(connection, workload_id)
                if workload_id in connection.execute(_UNTIDY).scalars().all():
                    keys += self._drop(connection, workload_id, None)
                    _change(connection, workload_id, untidy=False)
        return tuple(keys)

    def _lock(self, connection: Connection, workload_id: str) -> None:
        if self._database.locks_rows:
            lock_workload(connection, workload_id)

    @contextmanager
    def _attempt(self, workload_id: str, attempt: int) -> Iterator[Connection]:
        """A transaction of an attempt that is the current one. Raises `Fenced`."""
        with self._database.write() as connection:
            self._lock(connection, workload_id)
            row = connection.execute(_STATE.where(workloads.c.id == workload_id)).one_or_none()
            if row is None or row.video != VideoState.RUNNING or row.attempt != attempt:
                raise Fenced(f"attempt {attempt} at the video {workload_id} is over")
            yield connection

    @staticmethod
    def _drop(connection: Connection, workload_id: str, frame_ids: Sequence[str] | None) -> tuple[str, ...]:
        """Remove frames (None: all of them) with their results and jobs. The workload is locked."""
        of_workload = jobs.c.workload_id == workload_id
        these = of_workload if frame_ids is None else and_(of_workload, jobs.c.id.in_(frame_ids))
        found = connection.execute(select(jobs.c.seq, jobs.c.state).where(these).with_for_update()).all()
        if not found:
            return ()
        of_them = and_(images.c.workload_id == workload_id, images.c.seq.in_([row.seq for row in found]))
        connection.execute(delete(jobs).where(these))
        keys = tuple(connection.execute(select(images.c.key).where(of_them)).scalars())
        connection.execute(delete(images).where(of_them))
        left = {
            state.value: workloads.c[state.value] - sum(row.state == state for row in found)
            for state in JobState
        }
        connection.execute(update(workloads).where(workloads.c.id == workload_id).values(**left))
        return keys


def _change(connection: Connection, workload_id: str, **values: object) -> None:
    connection.execute(update(videos).where(videos.c.workload_id == workload_id).values(**values))


def _mark(connection: Connection, workload_id: str, state: VideoState) -> None:
    connection.execute(update(workloads).where(workloads.c.id == workload_id).values(video=state.value))


def _video(row: rows.AnyRow) -> Video:
    failure = None
    if row.failure_kind is not None:
        failure = Failure(row.failure_kind, row.failure_detail)
    return Video(
        id=row.workload_id,
        name=row.file_name,
        facts=_FACTS.validate_python(row.facts),
        target=row.target,
        quality=row.quality,
        state=VideoState(row.video),
        attempt=row.attempt,
        frames_split=row.frames_split,
        frames_joined=row.frames_joined,
        failure=failure,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
