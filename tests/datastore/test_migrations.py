from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from datastore import migrate, migrating, open_datastore
from datastore.database import Database
from datastore.engines import connect
from datastore.schema import metadata
from dpip.domain import Scope, Usage
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


def test_what_was_kept_before_there_were_quotas_is_counted(empty_url: str) -> None:
    migrate_to(empty_url, "0003")
    database = connect(empty_url)
    with database.write() as connection:
        for statement in BEFORE_QUOTAS.strip().split(";\n"):
            connection.execute(text(statement))
    database.close()
    with open_datastore(empty_url) as store:
        ann, bob = store.accounts.users().items
        assert (ann.used, bob.used) == (Usage(350, 3, 2), Usage(0, 0, 0))
        caller = store.tokens.find_caller("0123456789abcdefghijk", 1.0)
        assert caller is not None
        assert caller.scopes == {Scope.READ, Scope.WRITE}
        assert caller.token_id == "0123456789abcdefg"


def migrate_to(url: str, target: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    database = connect(url)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
    database.close()


BEFORE_QUOTAS = """
INSERT INTO users (id, name, password_hash, role, disabled) VALUES ('u1', 'ann', '', 'user', false);
INSERT INTO users (id, name, password_hash, role, disabled) VALUES ('u2', 'bob', '', 'user', false);
INSERT INTO tokens (hash, user_id, scope, created_at, expires_at)
VALUES ('0123456789abcdefghijk', 'u1', 'user', 0, 9);
INSERT INTO workloads
(id, name, name_key, owner_id, pipeline, tags, created_at, next_seq, queued, running, done, failed, served_at)
VALUES ('w', 'w', 'w', 'u1', 'blur', '[]', 0, 1, 0, 0, 0, 0, 0),
('v', 'v', 'v', 'u1', 'blur', '[]', 0, 1, 0, 0, 0, 0, 0);
INSERT INTO images (id, workload_id, seq, kind, key, format, width, height, size_bytes, sha256, created_at)
VALUES ('w-1', 'w', 1, 'original', 'w/1', 'png', 1, 1, 100, '', 0),
('w-2', 'w', 2, 'original', 'w/2', 'png', 1, 1, 200, '', 0),
('v-1', 'v', 1, 'original', 'v/1', 'png', 1, 1, 50, '', 0),
('w-1-filtered', 'w', 1, 'filtered', 'w/1f', 'png', 1, 1, 900, '', 0)
"""
