"""Statements past SQLAlchemy mean the same on both databases, and their errors come out as everybody's do."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert, select, text, update

from datastore.database import Database
from datastore.direct import execute_many, fetch, run
from datastore.engines import connect
from datastore.migrating import ensure_newest
from datastore.one_of import OneOf, listed
from datastore.schema import endpoints
from dpip.errors import Conflict, NotReady

ADD = insert(endpoints)
ROWS = [{"name": name, "url": f"http://{name}", "announced_at": 1.5} for name in ("one", "two", "three")]
URLS = select(endpoints.c.name, endpoints.c.url, endpoints.c.announced_at).where(endpoints.c.url.is_not(None))
RENAME = (
    update(endpoints)
    .where(endpoints.c.name == bindparam("of"), endpoints.c.announced_at == 1.5)
    .values(url=bindparam("to"))
    .returning(endpoints.c.url)
)


@pytest.fixture
def filled(database: Database) -> Database:
    ensure_newest(database)
    with database.write() as connection:
        execute_many(connection, ADD, ROWS)
    return database


def test_rows_that_went_in_come_out(filled: Database) -> None:
    with filled.read() as connection:
        found = fetch(connection, URLS, {})
    assert sorted(found) == sorted((row["name"], row["url"], row["announced_at"]) for row in ROWS)


def test_a_change_gives_its_rows_and_takes_the_constants_of_its_statement(filled: Database) -> None:
    with filled.write() as connection:
        assert fetch(connection, RENAME, {"of": "two", "to": "elsewhere"}) == [("elsewhere",)]
        assert fetch(connection, RENAME, {"of": "nobody", "to": "elsewhere"}) == []


def test_no_values_are_no_work(filled: Database) -> None:
    with filled.write() as connection:
        execute_many(connection, ADD, [])


def test_a_clash_is_a_conflict_and_leaves_nothing(filled: Database) -> None:
    new = {"name": "four", "url": None, "announced_at": 2.0}
    with pytest.raises(Conflict), filled.write() as connection:
        execute_many(connection, ADD, [new, ROWS[0]])
    with filled.read() as connection:
        assert len(fetch(connection, URLS, {})) == len(ROWS)


def test_a_lost_connection_is_told_and_replaced(postgres_url: str) -> None:

    database = connect(postgres_url)
    try:
        with pytest.raises(NotReady), database.write() as connection:
            run(connection, "SELECT pg_terminate_backend(pg_backend_pid())")
        with database.write() as connection:
            assert fetch(connection, select(text("1")), {}) == [(1,)]
    finally:
        database.close()


@pytest.mark.parametrize("names", [(), ("one",), ("two", "nobody", "three"), ('a"quote', "back\\slash", "é")])
def test_one_parameter_holds_a_whole_list(filled: Database, names: tuple[str, ...]) -> None:
    odd = [{"name": name, "url": "odd", "announced_at": 2.0} for name in ('a"quote', "back\\slash", "é")]
    with filled.write() as connection:
        execute_many(connection, ADD, odd)
    there = {row["name"] for row in [*ROWS, *odd]}
    wanted = select(endpoints.c.name).where(OneOf(endpoints.c.name, "names"))
    with filled.read() as connection:
        found = fetch(connection, wanted, {"names": listed(names)})
    assert {name for (name,) in found} == there & set(names)
