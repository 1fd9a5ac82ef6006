"""What SQLite needs to be told: where its file is, how to lock, how much to flush."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from datastore import direct
from dpip.errors import ConfigError, NotReady
from dpip.home import PRIVATE_FILE, PRIVATE_FOLDER

_POLL_S = 0.02

_PRAGMAS = ("foreign_keys = ON", "cache_size = -32000", "temp_store = MEMORY")
_LOG_PAGES = 4000  # of 4 kB, before they are copied into the file: four times fewer copies than by default


def prepare(path: str, timeout_s: float) -> None:
    """Make the file, for its owner only, in a folder of its own, and switch it to WAL for good.

    Raises `NotReady` when the file cannot be made or stays locked for `timeout_s`, `ConfigError` when
    there is a file that is no database.
    """
    file = Path(path)
    if file.is_dir():
        raise ConfigError(f"{file} is a folder, and should be the database's file: move it away")
    try:
        file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
    except OSError as error:
        raise NotReady(f"the database file {file} cannot be made: {error.strerror}") from error
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            _switch_to_wal(file)
        except sqlite3.OperationalError as error:
            if time.monotonic() > deadline:
                raise NotReady(f"the database file {file} cannot be opened: {error}") from error
            if error.sqlite_errorcode not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise NotReady(f"the database file {file} cannot be opened: {error}") from error
            time.sleep(_POLL_S)  # this one lock is not covered by SQLite's own busy timeout
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                f"{file} is no SQLite database: {error}; move it away to begin anew, or restore a backup"
            ) from error
        else:
            return


def _switch_to_wal(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def set_up_reader(engine: Engine) -> None:
    """Connections of this engine cannot change anything, and each statement is on its own."""

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        _apply(connection, *_PRAGMAS, "query_only = ON")


def set_up_writer(engine: Engine, *, flush: bool) -> None:
    """Transactions of this engine take the write lock at their beginning, so they never fail half-way.

    With `flush` every commit reaches the disk; without, it survives the death of every process, and a
    power cut may take the newest commits, but leaves the database whole.
    """

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # Python's module shall not begin transactions by itself
        _apply(
            connection,
            *_PRAGMAS,
            f"synchronous = {'FULL' if flush else 'NORMAL'}",
            f"wal_autocheckpoint = {_LOG_PAGES}",
        )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        direct.run(connection, "BEGIN IMMEDIATE")


def _apply(connection: sqlite3.Connection, *pragmas: str) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
