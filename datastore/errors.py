"""SQLAlchemy's errors become DPIP's here, and nowhere else. The cause is always kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from dpip.errors import Conflict, DpipError, Malformed, NotReady, StorageFull

_RETRY_AFTER_S = 2.0
_SQLITE_PRIMARY_CODE = 0xFF  # extended result codes keep the primary one in their lowest byte
_SQLITE_BUSY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PG_DISK_FULL = "53100"


class DatastoreBroken(DpipError):
    """The datastore answered something that should not happen: a fault in DPIP, or a damaged file."""


def translate(error: exc.SQLAlchemyError | UnicodeEncodeError) -> DpipError:
    """What `error` means to the caller."""
    if isinstance(error, exc.TimeoutError):
        return NotReady("the datastore is too busy; try again in a moment", _RETRY_AFTER_S)
    if isinstance(error, (exc.DataError, UnicodeEncodeError)):
        return Malformed("a value has characters or a size that the datastore cannot keep")
    if isinstance(error, exc.IntegrityError):
        return Conflict("this clashes with what the datastore holds already")
    if isinstance(error, exc.DBAPIError):
        return _of_driver(error)
    return DatastoreBroken(f"the datastore was used wrongly: {type(error).__name__}")


def _of_driver(error: exc.DBAPIError) -> DpipError:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    if getattr(cause, "sqlstate", None) == _PG_DISK_FULL:
        return StorageFull("the datastore's disk is full; make room on it", _RETRY_AFTER_S)
    if error.connection_invalidated or isinstance(error, (exc.OperationalError, exc.InterfaceError)):
        return NotReady(f"the datastore is away: {_first_line(cause)}", _RETRY_AFTER_S)
    return DatastoreBroken(f"the datastore failed: {_first_line(cause)}")


def _of_sqlite(cause: sqlite3.Error) -> DpipError:
    code = getattr(cause, "sqlite_errorcode", 0) & _SQLITE_PRIMARY_CODE
    if code in _SQLITE_BUSY_CODES:
        return NotReady("the datastore is locked by another process; try again in a moment", _RETRY_AFTER_S)
    if code == sqlite3.SQLITE_FULL:
        return StorageFull("the datastore's disk is full; make room on it", _RETRY_AFTER_S)
    if code in _SQLITE_CORRUPT_CODES:
        return DatastoreBroken(
            f"the datastore's file is damaged: {cause}; stop DPIP, move the file away, restore a backup"
        )
    if isinstance(cause, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR:
        return NotReady(f"the datastore is away: {_first_line(cause)}", _RETRY_AFTER_S)
    return DatastoreBroken(f"the datastore failed: {_first_line(cause)}")


def _first_line(cause: BaseException | None) -> str:
    return str(cause).strip().partition("\n")[0] or type(cause).__name__


@contextmanager
def translated() -> Iterator[None]:
    """Raise DPIP's errors instead of SQLAlchemy's."""
    try:
        yield
    except (exc.SQLAlchemyError, UnicodeEncodeError) as error:
        raise translate(error) from error
