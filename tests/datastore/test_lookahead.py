"""What the scheduler sees of a long queue: how much there is, and the largest of it."""

from __future__ import annotations

import pytest

from datastore import Datastore, queue
from dpip.domain import Needs, QueuedJob
from dpip.ports import NewOriginal, Waiting
from tests.datastore.making import FACTS, NOW, claim_next, lead, new_workload


def add_sizes(store: Datastore, workload_id: str, *megapixels: float) -> None:
    for size in megapixels:
        new = NewOriginal(workload_id, None, "jpg", FACTS, Needs(size, 1000))
        store.catalog.add_original(new, lambda _key: None, NOW)


def test_the_largest_of_each_workload_come_first(store: Datastore) -> None:
    one, two = new_workload(store, "one"), new_workload(store, "two")
    add_sizes(store, one.id, 1.0, 200.0, 3.0, 50.0, 2.0)
    add_sizes(store, two.id, 0.5, 0.1, 0.9)
    found = store.queue.largest(4, frozenset())
    sizes: dict[str, list[float]] = {job.workload_id: [] for job in found}
    for job in found:
        sizes[job.workload_id].append(job.needs.megapixels)
    assert sizes == {one.id: [200.0, 50.0], two.id: [0.9, 0.5]}


def test_only_what_is_queued_and_may_run_is_looked_at(store: Datastore) -> None:
    plain, picky = new_workload(store, "plain"), new_workload(store, "picky", tags=("gpu",))
    add_sizes(store, plain.id, 9.0, 1.0)
    add_sizes(store, picky.id, 100.0)
    epoch = lead(store)
    assert [job.needs.megapixels for job in claim_jobs(store, epoch)] == [9.0]
    assert [job.needs.megapixels for job in store.queue.largest(5, frozenset())] == [1.0]
    assert {job.needs.megapixels for job in store.queue.largest(5, frozenset({"gpu"}))} == {1.0, 100.0}


def claim_jobs(store: Datastore, epoch: int) -> list[QueuedJob]:
    return [claimed.job for claimed in claim_next(store, epoch)]


def test_what_waits_is_added_up_unless_it_is_too_much(
    store: Datastore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = new_workload(store, "one"), new_workload(store, "two")
    assert store.queue.waiting() == {}
    add_sizes(store, one.id, 1.0, 2.0)
    add_sizes(store, two.id, 4.0)
    assert store.queue.waiting() == {one.id: Waiting(2, 3.0), two.id: Waiting(1, 4.0)}
    monkeypatch.setattr(queue, "_ADDED_UP", 2)
    assert store.queue.waiting() == {one.id: Waiting(2, None), two.id: Waiting(1, None)}
