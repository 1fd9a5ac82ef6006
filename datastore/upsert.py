"""INSERT that leaves rows alone which are there already, on both databases."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert_missing(connection: Connection, table: Table) -> Insert:
    """`INSERT INTO table ... ON CONFLICT DO NOTHING` for the database behind `connection`. The same object
    each time, so that it is compiled once."""
    return _insert(connection.dialect.name, table)


@cache
def _insert(dialect: str, table: Table) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
