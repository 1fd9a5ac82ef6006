"""The whole datastore at one moment, as plain rows: what a backup is made of, and how it comes back.

The tables are read as the database has them, and rows are loaded into a schema of the revision they came
from and then brought to the newest. So a backup of SQLite may be restored into PostgreSQL, and an old one
by a newer DPIP.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, select, text

from datastore import migrating
from datastore.database import Database
from datastore.engines import connect
from datastore.errors import translated
from datastore.removing import remove_original, remove_workload
from dpip.errors import Conflict

Row = dict[str, Any]
Rows = Callable[[str], Iterable[Row]]

_CHUNK = 500
# What is about the running processes, not about anybody's images.
_OF_THE_MOMENT = frozenset({"alembic_version", "samples", "login_failures", "endpoints"})
# Nobody leads after a restore: the epoch goes on, so that what an old leader had running is fenced.
_RESET: Mapping[str, Row] = {"leadership": {"holder": None, "until": 0.0, "ray_address": None}}


class Snapshot:
    """Every statement sees the state of the same moment."""

    def __init__(self, connection: Connection, revision: str) -> None:
        self.revision = revision
        self._connection = connection
        found = MetaData()
        found.reflect(connection)
        self._tables = {t.name: t for t in found.sorted_tables if t.name not in _OF_THE_MOMENT}

    @property
    def tables(self) -> tuple[str, ...]:
        """Their names; none points at one after it."""
        return tuple(self._tables)

    def rows(self, table: str) -> Iterator[Row]:
        """By the primary key; values are what JSON has."""
        known = self._tables[table]
        query = select(known).order_by(*known.primary_key.columns).execution_options(yield_per=_CHUNK)
        for row in self._connection.execute(query).mappings():
            yield dict(row)


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Uploads and jobs go on meanwhile. Raises `ConfigError`, `NotReady`."""
    database = connect(url)
    try:
        migrating.ensure_newest(database)
        with translated(), database.reader.connect() as connection:
            if database.locks_rows:
                connection = connection.execution_options(  # noqa: PLW2901 - the same one
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                yield Snapshot(connection, migrating.HEAD)
                return
            connection.exec_driver_sql("BEGIN")  # readers are in autocommit otherwise
            try:
                yield Snapshot(connection, migrating.HEAD)
            finally:
                connection.exec_driver_sql("ROLLBACK")
    finally:
        database.close()


def existing(url: str, table: str, ids: Iterable[str]) -> set[str]:
    """Those of `ids` that the table has now."""
    database, found = connect(url), set[str]()
    try:
        with database.read() as connection:
            known = Table(table, MetaData(), autoload_with=connection)
            for some in _batched(ids):
                found |= set(connection.scalars(select(known.c.id).where(known.c.id.in_(some))))
    finally:
        database.close()
    return found


def is_empty(url: str) -> bool:
    """True when the database has nobody's user, workload or image yet."""
    database = connect(url)
    try:
        if migrating.revision(database) is None:
            return True
        with database.read() as connection:
            return not any(
                connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1")).first()  # noqa: S608 - our names
                for table in ("users", "workloads", "images")
            )
    finally:
        database.close()


def load(url: str, revision: str, tables: Iterable[str], rows: Rows) -> None:
    """Make the database hold these rows and nothing else, all at once or not at all.

    Raises `Conflict` where its schema is another one than the rows are of.
    """
    database = connect(url)
    try:
        before = migrating.revision(database)
        if before is None:
            migrating.upgrade(database, revision)
        elif before != revision:
            raise Conflict(
                f"the database has schema {before} and the backup {revision}: restore into an empty database"
            )
        with database.write() as connection:
            _replace(database, connection, tuple(tables), rows)
        migrating.ensure_newest(database)
    finally:
        database.close()


def forget(url: str, workloads: Iterable[str], originals: Iterable[str]) -> list[str]:
    """Remove these with all their rows, and return the keys whose bytes nobody names any more."""
    database, keys = connect(url), list[str]()
    try:
        with database.write() as connection:
            for workload in workloads:
                keys += remove_workload(connection, workload)
            for original in originals:
                keys += remove_original(connection, original) or ()
    finally:
        database.close()
    return keys


def _replace(database: Database, connection: Connection, tables: tuple[str, ...], rows: Rows) -> None:
    found = MetaData()
    found.reflect(connection)
    for table in reversed(found.sorted_tables):
        if table.name != "alembic_version":
            connection.execute(table.delete())
    for name in tables:
        table = found.tables[name]
        for some in _batched(rows(name)):
            connection.execute(table.insert(), [row | _RESET.get(name, {}) for row in some])
        if database.locks_rows:
            _count_on(connection, table)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers rows by a counter that rows with numbers of their own do not move."""
    for column in table.primary_key.columns:
        counter = connection.execute(
            text("SELECT pg_get_serial_sequence(:table, :column)"),
            {"table": table.name, "column": column.name},
        ).scalar()
        if counter is not None:
            largest = connection.scalar(select(func.max(column))) or 0
            connection.execute(
                text("SELECT setval(:counter, :next, false)"), {"counter": counter, "next": largest + 1}
            )


def _batched(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while some := list(itertools.islice(rest, _CHUNK)):
        yield some
