"""Who works here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, update

from datastore import rows, samples
from datastore.chunks import chunks
from datastore.database import Database
from datastore.schema import samples as samples_table
from datastore.schema import workers
from datastore.upsert import insert_missing
from dpip.domain import Machine, Worker, WorkerState
from dpip.errors import Conflict
from dpip.ids import time_ordered_id
from dpip.ports import Report, Sample
from dpip.worker_life import GONE, HERE

_BY_NAME = select(workers).where(workers.c.name == bindparam("name")).with_for_update()
_RECORD = (
    update(workers)
    .where(workers.c.id == bindparam("of_id"), workers.c.last_report_at <= bindparam("at"))
    .values(
        state=bindparam("new_state"),
        incarnation=bindparam("new_incarnation"),
        load=bindparam("new_load", type_=workers.c.load.type),
        last_report_at=bindparam("at"),
    )
)


class SqlWorkerRegister:
    """`dpip.ports.WorkerRegister` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(self, name: str, tags: tuple[str, ...], machine: Machine, instance: str, now: float) -> Worker:
        """Subscribe. A worker that subscribes again while it is here keeps its state and its joining time.

        Raises `Conflict` when another live instance holds the name.
        """
        news = {
            "tags": list(tags),
            "machine": rows.MACHINE.dump_python(machine, mode="json"),
            "instance": instance,
            "last_report_at": now,
        }
        fresh = {"state": WorkerState.JOINING.value, "joined_at": now, "load": None}
        with self._database.write() as connection:
            new = {"id": time_ordered_id(now), "name": name, "incarnation": 0, **news, **fresh}
            connection.execute(insert_missing(connection, workers), new)
            row = connection.execute(_BY_NAME, {"name": name}).one()
            if row.state in HERE and row.instance != instance:
                raise Conflict(_name_is_taken(row, now))
            back = row.state in GONE or row.instance != instance
            statement = update(workers).where(workers.c.id == row.id).values(news | (fresh if back else {}))
            return rows.worker(connection.execute(statement.returning(workers)).one())

    def record(self, reports: Sequence[Report]) -> set[str]:
        """A lost worker's report brings it back; one older than what is known changes nothing."""
        by_id = {report.worker_id for report in reports}
        if not by_id:
            return set()
        with self._database.write() as connection:
            known = _known(connection, sorted(by_id))
            kept = sorted(
                (report for report in reports if report.worker_id in known),
                key=lambda report: (report.worker_id, report.at),
            )
            if kept:
                connection.execute(_RECORD, [_report_values(report) for report in kept])
                connection.execute(
                    insert_missing(connection, samples_table), [samples.values(report) for report in kept]
                )
        return by_id - known

    def mark_lost(self, now: float, silent_for_s: float) -> tuple[str, ...]:
        """Alive, joining or draining workers that were silent for so long become lost; returns their ids."""
        silent = workers.c.last_report_at <= now - silent_for_s
        with self._database.read() as connection:
            if not connection.execute(select(workers.c.id).where(silent, workers.c.state.in_(HERE))).first():
                return ()
        statement = (
            update(workers)
            .where(silent, workers.c.state.in_(HERE))
            .values(state=WorkerState.LOST.value)
            .returning(workers.c.id)
        )
        with self._database.write() as connection:
            return tuple(sorted(connection.execute(statement).scalars()))

    def workers(self, *, gone_since: float | None = None) -> tuple[Worker, ...]:
        """By name. Lost and left ones only when they were last heard of after `gone_since`."""
        wanted: ColumnElement[bool] = workers.c.state.in_(HERE)
        if gone_since is not None:
            wanted = or_(wanted, workers.c.last_report_at > gone_since)
        with self._database.read() as connection:
            found = connection.execute(select(workers).where(wanted).order_by(workers.c.name))
            return tuple(rows.worker(row) for row in found)

    def samples(self, worker_id: str, since: float) -> tuple[Sample, ...]:
        """In order of time."""
        return samples.since(self._database, worker_id, since)

    def thin_samples(self, now: float) -> int:
        """Average samples into coarser buckets as they age, drop the oldest; returns rows removed."""
        return samples.thin(self._database, now)


def _known(connection: Connection, worker_ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for some in chunks(worker_ids):
        known.update(connection.execute(select(workers.c.id).where(workers.c.id.in_(some))).scalars())
    return known


def _report_values(report: Report) -> dict[str, object]:
    return {
        "of_id": report.worker_id,
        "at": report.at,
        "new_state": report.state.value,
        "new_incarnation": report.incarnation,
        "new_load": rows.LOAD.dump_python(report.load, mode="json"),
    }


def _name_is_taken(row: rows.AnyRow, now: float) -> str:
    return (
        f"a worker named {row.name!r} is here already, on {row.machine['host']}, last heard of "
        f"{max(0.0, now - row.last_report_at):.0f} s ago: start this one under another --worker-name, "
        "or stop that one first"
    )
