"""Nothing of SQLAlchemy or of a driver comes out of this package."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import exc

from datastore import open_datastore
from datastore.database import Database
from datastore.engines import parse_url
from datastore.errors import DatastoreBroken, translate, translated
from dpip.errors import ConfigError, Conflict, DpipError, Malformed, NotReady, StorageFull


def sqlite_error(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = kind("said by SQLite")
    error.sqlite_errorcode = code
    return error


def wrapped(kind: type[exc.DBAPIError], cause: Exception) -> exc.DBAPIError:
    return kind("SELECT 1", {}, cause)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_BUSY)), NotReady),
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT)), NotReady),
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_LOCKED)), NotReady),
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_IOERR)), NotReady),
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_CANTOPEN)), NotReady),
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_READONLY)), NotReady),
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_FULL)), StorageFull),
        (wrapped(exc.OperationalError, sqlite_error(sqlite3.SQLITE_ERROR)), DatastoreBroken),
        (
            wrapped(exc.DatabaseError, sqlite_error(sqlite3.SQLITE_CORRUPT, sqlite3.DatabaseError)),
            DatastoreBroken,
        ),
        (
            wrapped(exc.DatabaseError, sqlite_error(sqlite3.SQLITE_NOTADB, sqlite3.DatabaseError)),
            DatastoreBroken,
        ),
        (wrapped(exc.OperationalError, psycopg.OperationalError("connection lost")), NotReady),
        (wrapped(exc.OperationalError, psycopg.errors.DeadlockDetected("deadlock")), NotReady),
        (wrapped(exc.OperationalError, psycopg.errors.LockNotAvailable("lock timeout")), NotReady),
        (wrapped(exc.OperationalError, psycopg.errors.AdminShutdown("shutting down")), NotReady),
        (wrapped(exc.OperationalError, psycopg.errors.DiskFull("disk full")), StorageFull),
        (wrapped(exc.InterfaceError, psycopg.InterfaceError("closed")), NotReady),
        (wrapped(exc.IntegrityError, psycopg.errors.UniqueViolation("twice")), Conflict),
        (wrapped(exc.IntegrityError, sqlite_error(sqlite3.SQLITE_CONSTRAINT)), Conflict),
        (wrapped(exc.DataError, psycopg.DataError("NUL")), Malformed),
        (wrapped(exc.ProgrammingError, psycopg.errors.UndefinedTable("no table")), DatastoreBroken),
        (wrapped(exc.InternalError, psycopg.InternalError("?")), DatastoreBroken),
        (exc.TimeoutError("pool"), NotReady),
        (exc.ArgumentError("used wrongly"), DatastoreBroken),
        (exc.NoResultFound("none"), DatastoreBroken),
    ],
    ids=lambda value: (
        type(getattr(value, "orig", value)).__name__ if isinstance(value, Exception) else value.__name__
    ),
)
def test_every_error_has_its_meaning_and_keeps_its_cause(
    error: exc.SQLAlchemyError, expected: type[DpipError]
) -> None:
    assert type(translate(error)) is expected
    with pytest.raises(expected) as caught, translated():
        raise error
    assert caught.value.__cause__ is error


def test_other_errors_pass_unchanged(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write():
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "",
        "mysql://u:hush@h/d",
        "oracle://u:hush@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite:///file:x?uri=true",
        "postgresql://u:hush@h:notaport/d",
    ],
)
def test_a_url_that_cannot_work_is_explained_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="say sqlite:") as caught:
        parse_url(url)
    assert "hush" not in caught.value.detail


def test_a_server_that_is_not_there_is_not_ready() -> None:
    with pytest.raises(NotReady, match="away"):
        open_datastore("postgresql://u:hush@127.0.0.1:1/nothing")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, " * 1000)
    with pytest.raises(ConfigError, match="no SQLite database"):
        open_datastore(f"sqlite:///{file}")
    assert file.read_text().startswith("Dear reader")


def test_a_folder_that_cannot_be_made_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotReady, match="cannot be made"):
        open_datastore(f"sqlite:///{tmp_path}/file/below/dpip.sqlite3")
