"""Rows out of one database and into another, of either kind; and of one moment."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import JSON, BigInteger, Boolean, Double, Integer, Text

from datastore import Datastore, open_datastore
from datastore.schema import metadata
from datastore.snapshot import existing, forget, is_empty, load, snapshot
from dpip.errors import Conflict
from tests.datastore.invariants import check_invariants
from tests.datastore.making import NOW, add, claim_next, lead, new_workload, success


def filled(store: Datastore) -> str:
    workload = new_workload(store)
    add(store, workload.id, 3)
    epoch = lead(store)
    done, _ = claim_next(store, epoch, 2)
    store.queue.finish([success(done)], epoch, NOW)
    return workload.id


def dumped(url: str) -> tuple[str, dict[str, list[dict[str, object]]]]:
    with snapshot(url) as seen:
        tables = {table: json.loads(json.dumps(list(seen.rows(table)))) for table in seen.tables}
        return seen.revision, tables


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_what_comes_out_goes_in_again(url: str, target: str, sqlite_url: str, postgres_url: str) -> None:
    with open_datastore(url) as store:
        workload = filled(store)
    revision, tables = dumped(url)
    other = {"sqlite": sqlite_url, "postgresql": postgres_url}[target]
    assert is_empty(other) is (other != url)
    load(other, revision, tables, tables.__getitem__)
    check_invariants(other)
    again = dumped(other)[1]
    assert again.pop("leadership") != tables.pop("leadership"), "nobody leads any more"
    assert again == tables
    with open_datastore(other) as store:
        assert lead(store, "scheduler-2", NOW + 60) > 1, "the epoch goes on"
        add(store, workload, 1)


def test_every_column_is_of_a_kind_that_json_has() -> None:
    kinds = {type(column.type) for table in metadata.tables.values() for column in table.columns}
    assert kinds <= {JSON, BigInteger, Boolean, Double, Integer, Text}, "backups are lines of JSON"


def test_a_snapshot_does_not_see_what_comes_later(url: str) -> None:
    with open_datastore(url) as store:
        workload = filled(store)
        with snapshot(url) as seen:
            before = len(list(seen.rows("images")))
            add(store, workload, 5)
            assert len(list(seen.rows("images"))) == before
            assert len(list(seen.rows("jobs"))) == 3


def test_what_was_deleted_is_forgotten_with_its_counts(url: str) -> None:
    with open_datastore(url) as store:
        workload, other = filled(store), new_workload(store, "other")
        first, second = add(store, other.id, 2)
    assert existing(url, "images", [first.id, "nobody's"]) == {first.id}
    keys = forget(url, [workload], [first.id])
    assert first.key in keys
    assert len(keys) == 5
    assert existing(url, "images", [first.id, second.id]) == {second.id}
    check_invariants(url)


def test_rows_of_another_schema_are_refused(url: str) -> None:
    with pytest.raises(Conflict, match="empty database"):
        load(url, "0001", [], lambda _: [])
