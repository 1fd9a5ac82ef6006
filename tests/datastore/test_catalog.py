from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from datastore import Datastore
from dpip import ids
from dpip.domain import ImageKind, JobState, Workload, WorkloadStatus
from dpip.errors import Conflict, NotFound, StorageFull
from tests.datastore.making import (
    FACTS,
    NOW,
    add,
    claim,
    claim_next,
    failure,
    lead,
    new_original,
    new_workload,
    success,
)


def test_a_workload_is_read_back_as_it_was_made(store: Datastore) -> None:
    made = new_workload(store, "Ärger im Büro", tags=("gpu", "fast"))
    assert store.catalog.workload(made.id, None) == made
    assert store.catalog.workload(made.id, "ann") == made
    assert store.catalog.workload(made.id, "bob") is None
    assert store.catalog.workload("nothing", None) is None


@pytest.mark.parametrize("second", ["holiday", "Holiday", "HOLIDAY", "\uff48oliday"])
def test_names_that_would_share_a_folder_clash(store: Datastore, second: str) -> None:
    new_workload(store, "holiday")
    with pytest.raises(Conflict, match="taken"):
        new_workload(store, unicodedata.normalize("NFC", second))
    assert len(store.catalog.workloads(None).items) == 1


def test_workloads_are_paged_newest_first(store: Datastore) -> None:
    made = [new_workload(store, f"w{n}", owner="ann" if n % 2 else "bob", now=NOW + n) for n in range(7)]
    seen: list[Workload] = []
    after = None
    while True:
        page = store.catalog.workloads(None, limit=3, after=after)
        seen += page.items
        after = page.next
        if after is None:
            break
    assert seen == made[::-1]
    assert store.catalog.workloads("bob").items == tuple(made[::-1][0::2])


def test_a_page_that_ends_exactly_at_the_end_has_no_next(store: Datastore) -> None:
    for n in range(3):
        new_workload(store, f"w{n}")
    assert store.catalog.workloads(None, limit=3).next is None
    assert store.catalog.workloads(None, limit=2).next is not None


def test_active_is_what_is_not_completed(store: Datastore) -> None:
    empty, queued, done, cancelled = (new_workload(store, n, now=NOW + i) for i, n in enumerate("abcd"))
    add(store, done.id)
    (claimed,) = claim_next(store, lead(store))
    store.queue.finish([success(claimed)], NOW, 3)
    add(store, queued.id)
    store.catalog.cancel_workload(cancelled.id, NOW)
    active = store.catalog.workloads(None, active_only=True).items
    assert [workload.id for workload in active] == [queued.id, empty.id]
    finished = store.catalog.workload(done.id, None)
    assert finished is not None
    assert finished.status is WorkloadStatus.COMPLETED
    add(store, done.id)
    assert done.id in {workload.id for workload in store.catalog.workloads(None, active_only=True).items}


def test_originals_get_ids_and_keys_in_the_order_of_upload(store: Datastore) -> None:
    workload = new_workload(store)
    placed: list[str] = []
    made = [store.catalog.add_original(new_original(workload.id), placed.append, NOW) for _ in range(12)]
    assert [image.seq for image in made] == list(range(1, 13))
    assert [image.id for image in made] == sorted(image.id for image in made)
    assert placed == [image.key for image in made]
    assert made[0].key == f"holiday/{made[0].id}.jpg"
    assert made[0].owner_id == "ann"
    assert made[0].facts == FACTS
    assert store.catalog.image(made[3].id, None) == made[3]
    assert store.catalog.image(made[3].id, "bob") is None
    job = store.queue.job(made[0].id)
    assert job is not None
    assert (job.state, job.attempt, job.queued_at) == (JobState.QUEUED, 0, NOW)


def test_when_the_bytes_cannot_be_placed_no_row_is_left(store: Datastore) -> None:
    workload = new_workload(store)

    def full(_key: str) -> None:
        raise StorageFull("no room")

    with pytest.raises(StorageFull, match="no room"):
        store.catalog.add_original(new_original(workload.id), full, NOW)
    assert store.catalog.workload(workload.id, None) == workload
    assert store.catalog.images(workload.id).items == ()
    (image,) = add(store, workload.id)
    assert image.seq == 1


def test_an_unknown_or_cancelled_workload_takes_no_images(store: Datastore) -> None:
    placed: list[str] = []
    with pytest.raises(NotFound):
        store.catalog.add_original(new_original("nowhere"), placed.append, NOW)
    workload = new_workload(store)
    store.catalog.cancel_workload(workload.id, NOW)
    with pytest.raises(Conflict, match="cancelled"):
        store.catalog.add_original(new_original(workload.id), placed.append, NOW)
    assert placed == []


@pytest.mark.parametrize("name", ["a\0b.jpg", "\udcff.jpg", "x" * 10_000, None])
def test_odd_file_names_do_no_harm(store: Datastore, name: str | None) -> None:
    workload = new_workload(store)
    image = store.catalog.add_original(new_original(workload.id, name), lambda _key: None, NOW)
    assert store.catalog.image(image.id, None) == image


def test_images_are_listed_in_the_order_of_upload(store: Datastore) -> None:
    workload, other = new_workload(store), new_workload(store, "other")
    add(store, other.id, 2)
    originals = [image.id for image in add(store, workload.id, 5)]
    claimed = claim(store, originals[::2], lead(store))
    store.queue.finish([success(one) for one in reversed(claimed)], NOW, 3)
    filtered = [ids.filtered_id(original) for original in originals[::2]]
    assert [i.id for i in store.catalog.images(workload.id, kind=ImageKind.ORIGINAL).items] == originals
    assert [i.id for i in store.catalog.images(workload.id, kind=ImageKind.FILTERED).items] == filtered
    seen, after = [], None
    while True:
        page = store.catalog.images(workload.id, limit=3, after=after)
        seen += [image.id for image in page.items]
        after = page.next
        if after is None:
            break
    assert seen == sorted(originals + filtered)
    assert store.catalog.filtered_ids([workload.id, other.id, "none"]) == {
        workload.id: filtered,
        other.id: [],
        "none": [],
    }


def test_known_keys(store: Datastore) -> None:
    workload = new_workload(store)
    keys = [image.key for image in add(store, workload.id, 3)]
    asked = [*keys, *(f"holiday/stray-{n}" for n in range(2500))]
    assert store.catalog.known_keys(asked) == set(keys)
    assert store.catalog.known_keys([]) == set()


def test_cancelling_fails_what_is_unfinished_and_keeps_what_is_done(store: Datastore) -> None:
    workload, other = new_workload(store), new_workload(store, "other")
    add(store, workload.id, 4)
    add(store, other.id, 1)
    done, failed, running = claim(store, [ids.original_id(workload.id, n) for n in (1, 2, 3)], lead(store))
    store.queue.finish([success(done), failure(failed)], NOW, 3)
    cancelled = store.catalog.cancel_workload(workload.id, NOW + 5)
    assert cancelled is not None
    assert (cancelled.queued, cancelled.running, cancelled.done, cancelled.failed) == (0, 0, 1, 3)
    assert cancelled.cancelled_at == NOW + 5
    kinds = [job.failure.kind if job.failure else None for job in store.queue.jobs(workload.id).items]
    assert kinds == [None, "unreadable", "cancelled", "cancelled"]
    assert store.queue.finish([success(running)], NOW, 3) == (False,)
    assert store.catalog.cancel_workload(workload.id, NOW + 9) == cancelled
    assert store.catalog.cancel_workload("nothing", NOW) is None
    untouched = store.catalog.workload(other.id, None)
    assert untouched == replace(other, queued=1)


def test_deleting_removes_every_row_and_names_every_key(store: Datastore) -> None:
    workload, other = new_workload(store), new_workload(store, "other")
    originals = add(store, workload.id, 3)
    kept = add(store, other.id, 1)
    claimed = claim(store, [image.id for image in originals[:2]], lead(store))
    store.queue.finish([success(claimed[0])], NOW, 3)
    keys = store.catalog.delete_workload(workload.id)
    assert keys is not None
    assert sorted(keys) == sorted([*(i.key for i in originals), f"holiday/{originals[0].id}-filtered.jpg"])
    assert store.catalog.workload(workload.id, None) is None
    assert store.catalog.image(originals[0].id, None) is None
    assert store.queue.finish([success(claimed[1])], NOW, 3) == (False,)
    assert store.catalog.delete_workload(workload.id) is None
    assert store.catalog.image(kept[0].id, None) == kept[0]
    new_workload(store)  # the name is free again
