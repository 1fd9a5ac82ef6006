"""Two pools of connections to one database: many that read, few that write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from datastore.errors import translated

Watch = Callable[[str, float], None]  # told "read" or "write", and the seconds that it took
_PING = text("SELECT 1")


@dataclass(frozen=True, slots=True)
class Database:
    """How the rest of this package reaches the tables. Safe to share between threads, not over a fork.

    Everything raised from SQLAlchemy inside `read` and `write` comes out as one of `dpip.errors`.
    """

    reader: Engine
    writer: Engine
    watch: Watch | None = None

    @property
    def locks_rows(self) -> bool:
        """True where writers run side by side (PostgreSQL); SQLite has one writer at a time."""
        return self.writer.dialect.name != "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose every statement sees the newest committed state."""
        begun = time.perf_counter()
        try:
            with translated(), self.reader.connect() as connection:
                yield connection
        finally:
            self._tell("read", begun)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when an error leaves it."""
        begun = time.perf_counter()
        try:
            with translated(), self.writer.begin() as connection:
                yield connection
        finally:
            self._tell("write", begun)

    def _tell(self, kind: str, begun: float) -> None:
        """The wait for a connection, and for other writers, counts."""
        if self.watch is not None:
            self.watch(kind, time.perf_counter() - begun)

    def ping(self) -> None:
        """Raise `NotReady` when the database does not answer."""
        with self.read() as connection:
            connection.execute(_PING)

    def close(self) -> None:
        self.reader.dispose()
        self.writer.dispose()
