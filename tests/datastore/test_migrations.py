from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from datastore import migrate, migrating, open_datastore
from datastore.database import Database
from datastore.engines import connect
from datastore.schema import metadata
from dpip.errors import ConfigError
from tests.datastore.hammer import run_together
from tests.datastore.servers import PostgresServer

PROCESSES = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that nothing was done to yet; SQLite's file and folder are not even there."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/folder/dpip.sqlite3"
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database("template1")
    request.addfinalizer(lambda: server.drop(url))  # noqa: PT021 - only one of the two needs it
    return url


def test_many_processes_may_start_on_an_empty_database_at_once(empty_url: str) -> None:
    assert run_together(PROCESSES, "open_and_ask", empty_url) == [0] * PROCESSES


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    open_datastore(empty_url).close()


def test_models_and_migrations_agree(database: Database) -> None:
    with database.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_partial_indexes_have_the_conditions_of_the_models(database: Database) -> None:
    with database.read() as connection:
        found = {
            index["name"]: index["dialect_options"]
            for index in inspect(connection).get_indexes("workloads")
            if index.get("dialect_options")
        }
    partial = {name for name, options in found.items() if any(key.endswith("_where") for key in options)}
    assert partial == {"ix_workloads_active", "ix_workloads_queued", "ix_workloads_running"}


def test_the_newest_revision_is_the_one_named_in_code() -> None:
    folder = Path(migrating.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [migrating.HEAD]


def test_a_database_of_a_newer_dpip_is_refused(url: str) -> None:
    database = connect(url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(ConfigError, match="newer DPIP"):
        open_datastore(url)


def test_a_migration_that_fails_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        # the last thing that a migration does
        patched.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            migrate(empty_url)
    database = connect(empty_url)
    with database.read() as connection:
        assert "jobs" not in inspect(connection).get_table_names()
    database.close()
    migrate(empty_url)
    open_datastore(empty_url).close()
