"""How a datastore stands, looked at from outside: nothing in it is made or changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from datastore import migrating
from datastore.engines import connect, parse_url
from datastore.errors import DatastoreBroken
from dpip.errors import ConfigError, NotReady

_CHECKED_BYTES = 200 * 2**20  # a larger file is not read as a whole: that would take long
_BUSY_S = 5.0


def examine(url: str) -> str:
    """In words, where it is fine. Raises `ConfigError`, `NotReady` and `DatastoreBroken` where it is not."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        database = connect(url)
        try:
            return _of(migrating.revision(database), "PostgreSQL")
        finally:
            database.close()
    file = Path(parsed.database or "")
    return _of(_look_into(file), str(file)) if file.exists() else "none yet; the first start makes it"


def _look_into(file: Path) -> str | None:
    """The revision of a SQLite file's schema; None for an empty one."""
    if file.is_dir():
        raise ConfigError(f"{file} is a folder, and should be the database's file")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", timeout=_BUSY_S, uri=True)) as found:
            if file.stat().st_size <= _CHECKED_BYTES:
                (wrong,) = found.execute("PRAGMA quick_check(1)").fetchone()
                if wrong != "ok":
                    raise DatastoreBroken(f"{file} is damaged: {wrong.splitlines()[-1]}")
            if not found.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                return None
            row = found.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])
    except sqlite3.OperationalError as error:
        raise NotReady(f"{file} cannot be read: {error}") from error
    except sqlite3.DatabaseError as error:
        raise DatastoreBroken(f"{file} is damaged, or is no SQLite database: {error}") from error


def _of(revision: str | None, where: str) -> str:
    if revision is not None and revision > migrating.HEAD:
        raise migrating.made_by_a_newer(revision)
    if revision == migrating.HEAD:
        return where
    return f"{where}, {'empty' if revision is None else 'of an older DPIP'}; the next start sets it up"
