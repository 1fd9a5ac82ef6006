"""Two pools of connections to one database: many that read, few that write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from datastore.errors import translated

_PING = text("SELECT 1")


@dataclass(frozen=True, slots=True)
class Database:
    """How the rest of this package reaches the tables. Safe to share between threads, not over a fork.

    Everything raised from SQLAlchemy inside `read` and `write` comes out as one of `dpip.errors`.
    """

    reader: Engine
    writer: Engine

    @property
    def locks_rows(self) -> bool:
        """True where writers run side by side (PostgreSQL); SQLite has one writer at a time."""
        return self.writer.dialect.name != "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose every statement sees the newest committed state."""
        with translated(), self.reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when an error leaves it."""
        with translated(), self.writer.begin() as connection:
            yield connection

    def ping(self) -> None:
        """Raise `NotReady` when the database does not answer."""
        with self.read() as connection:
            connection.execute(_PING)

    def close(self) -> None:
        self.reader.dispose()
        self.writer.dispose()
