"""Answers by idempotency key: first come, kept with the work, taken over from who fell silent."""

from __future__ import annotations

import pytest

from datastore import Datastore
from dpip import ids
from dpip.domain import Workload
from dpip.errors import InProgress
from dpip.ports import Answer, Hold, Part, Receipt, Remembered
from tests.datastore.making import NOW, new_original, new_workload

HELD = NOW + 60
EXPIRES = NOW + 3600
ANSWER = Answer(201, "/workloads/w", '{"workload_id": "w"}')


def hold(store: Datastore, key: str = "k", now: float = NOW) -> Hold:
    held = store.receipts.hold("ann", key, now, now + 60, now + 3600)
    assert isinstance(held, Hold)
    return held


def remembered(store: Datastore, key: str = "k", now: float = NOW) -> Remembered:
    found = store.receipts.hold("ann", key, now, now + 60, now + 3600)
    assert isinstance(found, Remembered)
    return found


def test_a_second_request_waits_for_the_first_and_gets_its_answer(store: Datastore) -> None:
    first = hold(store)
    with pytest.raises(InProgress):
        store.receipts.hold("ann", "k", NOW + 1, HELD, EXPIRES)
    assert isinstance(store.receipts.hold("bob", "k", NOW, HELD, EXPIRES), Hold)
    workload = Workload(ids.time_ordered_id(NOW), "holiday", "ann", "grayscale", (), NOW)
    store.catalog.create_workload(workload, Receipt(first, "fingerprint", ANSWER))
    found = remembered(store)
    assert (found.request, found.answer) == ("fingerprint", ANSWER)


def test_who_was_overtaken_comes_to_nothing(store: Datastore) -> None:
    first = hold(store)
    second = hold(store, now=HELD + 1)
    workload = Workload(ids.time_ordered_id(NOW), "holiday", "ann", "grayscale", (), NOW)
    with pytest.raises(InProgress):
        store.catalog.create_workload(workload, Receipt(first, "fingerprint", ANSWER))
    assert store.catalog.workload(workload.id, None) is None
    store.receipts.release(first)
    with pytest.raises(InProgress):
        store.receipts.hold("ann", "k", HELD + 2, HELD + 60, EXPIRES)
    store.receipts.release(second)
    hold(store, now=HELD + 3)


def test_parts_outlive_a_silent_holder_and_go_with_the_answer(store: Datastore) -> None:
    workload = new_workload(store)
    first = hold(store)
    for number in range(2):
        store.catalog.add_originals(
            [new_original(workload.id)],
            [lambda _key: None],
            NOW,
            lambda images, number=number: Part(first, number, images[0].id, HELD),
        )
    store.receipts.release(first)
    second = hold(store)
    kept = store.receipts.parts(second)
    assert kept == [f"{workload.id}-{number:010d}" for number in (1, 2)]
    with pytest.raises(InProgress):
        store.catalog.add_originals(
            [new_original(workload.id)], [lambda _key: None], NOW, lambda _: Part(first, 2, "late", HELD)
        )
    store.receipts.answer(Receipt(second, "fingerprint", ANSWER))
    assert store.receipts.parts(second) == []
    assert remembered(store).answer == ANSWER
    found = store.catalog.workload(workload.id, None)
    assert found is not None
    assert found.total == 2


def test_what_has_expired_is_swept_with_its_parts(store: Datastore) -> None:
    workload = new_workload(store)
    held = hold(store)
    store.catalog.add_originals(
        [new_original(workload.id)], [lambda _key: None], NOW, lambda _: Part(held, 0, "one", HELD)
    )
    assert store.receipts.sweep(EXPIRES - 1) == 0
    assert store.receipts.sweep(EXPIRES) == 1
    again = hold(store, now=EXPIRES)
    assert store.receipts.parts(again) == []
