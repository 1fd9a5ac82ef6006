from __future__ import annotations

from dataclasses import replace

import pytest

from datastore import Datastore
from dpip.domain import Action, AuditEntry
from dpip.errors import Malformed
from dpip.ports import AuditFilter
from tests.datastore.making import NOW

ENTRIES = [
    AuditEntry(NOW, Action.LOGIN, "ann", "10.0.0.1", "ann"),
    AuditEntry(NOW + 1, Action.LOGIN_REFUSED, "ann\0", "10.0.0.2", None, "wrong", 7),
    AuditEntry(NOW + 2, Action.WORKLOAD_DELETED, "bob", None, "w1", "'holiday' with 3 images"),
]


def listed(store: Datastore, **wanted: object) -> list[float]:
    page = store.audit.entries(AuditFilter(**wanted))  # type: ignore[arg-type]
    return [entry.at - NOW for entry in page.items]


def test_entries_come_back_newest_first_and_as_they_were(store: Datastore) -> None:
    store.audit.add(ENTRIES)
    store.audit.add([])
    found = store.audit.entries(AuditFilter()).items
    assert [replace(entry, id=0) for entry in found] == [
        ENTRIES[2],
        replace(ENTRIES[1], who="ann"),
        ENTRIES[0],
    ]
    assert len({entry.id for entry in found}) == 3


def test_pages_neither_repeat_nor_skip(store: Datastore) -> None:
    store.audit.add(ENTRIES)
    first = store.audit.entries(AuditFilter(), limit=2)
    rest = store.audit.entries(AuditFilter(), limit=2, after=first.next)
    assert [entry.at - NOW for entry in (*first.items, *rest.items)] == [2, 1, 0]
    assert rest.next is None
    for cursor in ("x", "-1", "9" * 30):
        with pytest.raises(Malformed):
            store.audit.entries(AuditFilter(), after=cursor)


def test_filters_are_joined_by_and(store: Datastore) -> None:
    store.audit.add(ENTRIES)
    assert listed(store, who="ann") == [1, 0]
    assert listed(store, who="ann", action=Action.LOGIN) == [0]
    assert listed(store, address="10.0.0.2") == [1]
    assert listed(store, target="w1") == [2]
    assert listed(store, since=NOW + 1, until=NOW + 2) == [1]
    assert listed(store, who="carl") == []


def test_what_is_old_is_forgotten(store: Datastore) -> None:
    store.audit.add(ENTRIES)
    assert store.audit.forget(NOW + 2) == 2
    assert listed(store) == [2]
