"""Every test of the contract runs on SQLite and on PostgreSQL, and ends with a recount of everything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from datastore import Datastore, migrate, open_datastore
from datastore.database import Database
from datastore.engines import connect
from tests.datastore.invariants import check_invariants
from tests.datastore.servers import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    # Not in a folder of pytest: those are closed to others, and as root the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="dpip-postgres-") as folder:
        server = PostgresServer(Path(folder) / "data")
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    file = tmp_path / "dpip.sqlite3"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.new_database()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    answer: str = request.getfixturevalue(fixture)
    return answer


@pytest.fixture
def store(url: str) -> Iterator[Datastore]:
    with open_datastore(url) as opened:
        yield opened
    check_invariants(url)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = connect(url)
    yield opened
    opened.close()
