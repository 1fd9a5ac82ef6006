from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from datastore import engines, open_datastore
from datastore.engines import connect
from dpip.errors import NotReady
from tests.datastore.making import NOW, add, new_original, new_workload


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_and_its_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "dpip.sqlite3"
    with open_datastore(f"sqlite:///{file}") as store:
        add(store, new_workload(store).id)
        assert {found.name for found in file.parent.iterdir()} > {"dpip.sqlite3", "dpip.sqlite3-wal"}
        assert {mode(found) for found in file.parent.iterdir()} == {0o600}
        assert mode(file.parent) == 0o700


def test_an_existing_file_keeps_its_content(sqlite_url: str) -> None:
    with open_datastore(sqlite_url) as store:
        made = new_workload(store)
    with open_datastore(sqlite_url) as store:
        assert store.catalog.workload(made.id, None) == made


@pytest.mark.parametrize(("flush", "synchronous"), [(False, 1), (True, 2)])  # NORMAL, FULL
def test_how_connections_are_set_up(sqlite_url: str, flush: bool, synchronous: int) -> None:
    database = connect(sqlite_url, flush=flush)
    expected = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}
    with database.read() as reader, database.write() as writer:
        for connection in (reader, writer):
            found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in expected}
            assert found == expected
        assert writer.execute(text("PRAGMA synchronous")).scalar_one() == synchronous
    database.close()


def test_readers_read_while_a_writer_writes(sqlite_url: str) -> None:
    with open_datastore(sqlite_url) as store, open_datastore(sqlite_url) as other:
        workload = new_workload(store)

        def look(_key: str) -> None:
            before = other.catalog.workload(workload.id, None)
            assert before is not None
            assert before.queued == 0

        store.catalog.add_original(new_original(workload.id), look, NOW)
        after = other.catalog.workload(workload.id, None)
        assert after is not None
        assert after.queued == 1


def test_a_lock_held_for_too_long_is_not_ready(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LOCK_TIMEOUT_S", 0.1)
    file = sqlite_url.removeprefix("sqlite:///")
    with open_datastore(sqlite_url) as store, closing(sqlite3.connect(file)) as other:
        workload = new_workload(store)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotReady, match="locked"):
            add(store, workload.id)
        assert store.catalog.workload(workload.id, None) == workload
        other.rollback()
        add(store, workload.id)
