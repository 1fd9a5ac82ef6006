from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from datastore import Datastore, open_datastore
from dpip.domain import Quota, Role, Usage, User
from dpip.errors import Conflict, OverQuota
from dpip.ports import NewOriginal
from tests.datastore.making import FACTS, NOW, add, claim_next, lead, new_original, new_workload, success

ANN = User("u1", "ann", "x", Role.USER)


def used(store: Datastore, name: str = "ann") -> Usage:
    user = store.accounts.find_user(name)
    assert user is not None
    return user.used


def sized(workload_id: str, size: int) -> NewOriginal:
    return replace(new_original(workload_id), facts=replace(FACTS, size_bytes=size))


def keep(store: Datastore, *new: NewOriginal) -> None:
    store.catalog.add_originals(new, [lambda _key: None for _ in new], NOW)


def test_originals_are_counted_and_given_back(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    first, second = (new_workload(store, name, owner="u1") for name in ("first", "second"))
    keep(store, sized(first.id, 100), sized(first.id, 20))
    [image] = add(store, second.id)
    assert used(store) == Usage(120 + FACTS.size_bytes, 3, 2)
    store.queue.finish([success(one) for one in claim_next(store, lead(store), 3)], NOW, 5)
    assert used(store) == Usage(120 + FACTS.size_bytes, 3, 2), "results do not count"
    store.catalog.delete_original(image.id, NOW)
    assert used(store) == Usage(120, 2, 2)
    store.catalog.delete_workload(first.id)
    assert used(store) == Usage(0, 0, 1)


def test_bounds_are_exact_and_a_users_own_come_first(store: Datastore) -> None:
    store.accounts.add_user(replace(ANN, quota=Quota(100, 3)))
    workload = new_workload(store, owner="u1")
    keep(store, sized(workload.id, 60), sized(workload.id, 40))
    with pytest.raises(OverQuota, match="quota is 100 bytes, and 100 are kept: this image of 1 bytes"):
        keep(store, sized(workload.id, 1))
    store.accounts.change_user("ann", quota=Quota(None, 3))
    keep(store, sized(workload.id, 1))
    with pytest.raises(OverQuota, match="quota is 3 images, and 3 are kept"):
        keep(store, sized(workload.id, 1))
    assert used(store) == Usage(101, 3, 1)


def test_what_does_not_fit_leaves_nothing(store: Datastore) -> None:
    store.accounts.add_user(replace(ANN, quota=Quota(None, 1)))
    workload = new_workload(store, owner="u1")
    placed: list[str] = []
    with pytest.raises(OverQuota):
        store.catalog.add_originals([sized(workload.id, 1)] * 2, [placed.append] * 2, NOW)
    assert placed == []
    assert used(store) == Usage(0, 0, 1)
    keep(store, sized(workload.id, 1))
    assert [image.seq for image in store.catalog.images(workload.id).items] == [1]


def test_who_has_no_quota_has_the_systems(url: str) -> None:
    with open_datastore(url, quota=Quota(None, 1)) as store:
        for user in (ANN, User("u2", "bob", "x", Role.USER, quota=Quota(None, 2))):
            store.accounts.add_user(user)
        of_ann, of_bob = (new_workload(store, owner, owner=owner) for owner in ("u1", "u2"))
        keep(store, sized(of_ann.id, 1))
        with pytest.raises(OverQuota):
            keep(store, sized(of_ann.id, 1))
        keep(store, sized(of_bob.id, 1), sized(of_bob.id, 1))


def test_many_at_once_never_go_over(store: Datastore) -> None:
    """Eight threads, four workloads of one user, room for 25 of 80 images."""
    store.accounts.add_user(replace(ANN, quota=Quota(None, 25)))
    workloads = [new_workload(store, f"w{number}", owner="u1").id for number in range(4)]
    kept: list[str] = []
    refused: list[OverQuota] = []

    def upload(number: int) -> None:
        for _ in range(10):
            try:
                keep(store, sized(workloads[number % 4], 7))
                kept.append("one")
            except OverQuota as error:
                refused.append(error)

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(kept), len(refused)) == (25, 55)
    assert used(store) == Usage(25 * 7, 25, 4)


def test_workloads_are_counted_and_bounded(url: str) -> None:
    with open_datastore(url, quota=Quota(workloads=2)) as store:
        store.accounts.add_user(ANN)
        first, _ = (new_workload(store, name, owner="u1") for name in ("first", "second"))
        with pytest.raises(OverQuota, match="quota is 2 workloads, and 2 are kept; delete some"):
            new_workload(store, "third", owner="u1")
        assert used(store).workloads == 2
        store.accounts.change_user("ann", quota=Quota(workloads=3))
        new_workload(store, "third", owner="u1")
        store.catalog.delete_workload(first.id)
        assert used(store).workloads == 2
        with pytest.raises(Conflict):
            new_workload(store, "third", owner="u1")
        assert used(store).workloads == 2, "a taken name is not counted"
        new_workload(store, "of nobody who is known", owner="gone")


def test_many_workloads_at_once_never_go_over(store: Datastore) -> None:
    store.accounts.add_user(replace(ANN, quota=Quota(workloads=10)))
    made: list[str] = []
    refused: list[OverQuota] = []

    def make(number: int) -> None:
        for turn in range(5):
            try:
                made.append(new_workload(store, f"w{number}-{turn}", owner="u1").id)
            except OverQuota as error:
                refused.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(made), len(refused), used(store).workloads) == (10, 10, 10)
