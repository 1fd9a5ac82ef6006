"""INSERT that leaves rows alone which are there already, on both databases."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert_missing(connection: Connection, table: Table) -> Insert:
    """`INSERT INTO table ... ON CONFLICT DO NOTHING` for the database behind `connection`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
