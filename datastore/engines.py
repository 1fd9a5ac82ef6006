"""From a URL to connections: `sqlite:///file` or `postgresql://...`."""

from __future__ import annotations

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from datastore import sqlite_file
from datastore.database import Database, Watch
from dpip.errors import ConfigError

LOCK_TIMEOUT_S = 30  # a wait for another writer that is longer than this ends in `NotReady`
CONNECT_TIMEOUT_S = 10
_READERS = 8
_EXTRA_READERS = 24  # opened in a rush, closed again after it
_PG_WRITERS = 8

_EXAMPLES = "say sqlite:////folder/dpip.sqlite3 or postgresql://user:password@host/database"


def parse_url(url: str) -> URL:
    """Check `url` and name its driver. Raises `ConfigError`; the password never stands in the message."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(f"the database URL cannot be understood; {_EXAMPLES}") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database.startswith((":memory:", "file:")):
            raise ConfigError(f"SQLite needs a plain path here, so that processes can share it; {_EXAMPLES}")
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigError(f"{backend} is not a database that DPIP speaks; {_EXAMPLES}")


def connect(url: str, *, flush: bool = False, watch: Watch | None = None) -> Database:
    """Make the pools (no connection yet, but the SQLite file and its folder). Raises `ConfigError`."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, flush=flush, watch=watch)
    try:
        return _postgresql(parsed, watch)
    except ImportError as error:
        raise ConfigError("PostgreSQL needs the package psycopg: pip install 'dpip[postgresql]'") from error


def _sqlite(url: URL, *, flush: bool, watch: Watch | None) -> Database:
    assert url.database is not None  # noqa: S101 - parse_url saw to it
    sqlite_file.prepare(url.database, LOCK_TIMEOUT_S)
    timeout = {"timeout": LOCK_TIMEOUT_S}
    reader = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,  # there is no transaction to roll back
        connect_args=timeout,
        pool_size=_READERS,
        max_overflow=_EXTRA_READERS,
        pool_timeout=LOCK_TIMEOUT_S,
    )
    # One writer per process: threads queue for it in order, instead of polling the file's lock.
    writer = create_engine(
        url, connect_args=timeout, pool_size=1, max_overflow=0, pool_timeout=LOCK_TIMEOUT_S
    )
    sqlite_file.set_up_reader(reader)
    sqlite_file.set_up_writer(writer, flush=flush)
    return Database(reader, writer, watch)


def _postgresql(url: URL, watch: Watch | None) -> Database:
    arguments = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": "dpip",
        "options": f"-c lock_timeout={LOCK_TIMEOUT_S}s",
    }
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    reader = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,  # there is no transaction to roll back
        connect_args=arguments,
        pool_pre_ping=True,
        pool_size=_READERS,
        max_overflow=_EXTRA_READERS,
        pool_timeout=LOCK_TIMEOUT_S,
    )
    writer = create_engine(
        url,
        isolation_level="READ COMMITTED",
        connect_args=arguments,
        pool_pre_ping=True,
        pool_size=_PG_WRITERS,
        max_overflow=0,
        pool_timeout=LOCK_TIMEOUT_S,
    )
    return Database(reader, writer, watch)
