"""What `dpip doctor` learns of a database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from datastore import examine, open_datastore, wait_for_datastore
from datastore.engines import connect
from datastore.errors import DatastoreBroken
from dpip.errors import ConfigError
from dpip.lifecycle import Stop


def test_one_that_is_fine_old_or_of_a_newer_dpip(url: str) -> None:
    open_datastore(url).close()
    assert "sets it up" not in examine(url)
    say_it_is(url, "0001")
    assert "of an older DPIP; the next start sets it up" in examine(url)
    say_it_is(url, "9999")
    with pytest.raises(ConfigError, match="made by a newer DPIP than this one"):
        examine(url)


def say_it_is(url: str, revision: str) -> None:
    database = connect(url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
    database.close()


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    assert examine(f"sqlite:///{tmp_path / 'none'}") == "none yet; the first start makes it"
    assert not list(tmp_path.iterdir())


def test_what_is_no_database_is_told_and_not_waited_for(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    open_datastore(f"sqlite:///{damaged}").close()
    with damaged.open("r+b") as stream:
        stream.seek(4096)
        stream.write(bytes(8 * 4096))
    (tmp_path / "other").write_bytes(b"x" * 5000)
    for name in ("damaged", "other"):
        with pytest.raises(DatastoreBroken, match="is damaged"):
            examine(f"sqlite:///{tmp_path / name}")
    with pytest.raises(ConfigError, match="is a folder"):
        examine(f"sqlite:///{tmp_path}")
    for place in (tmp_path, tmp_path / "other"):
        with pytest.raises(ConfigError, match="move it away"):
            wait_for_datastore(f"sqlite:///{place}", Stop())
