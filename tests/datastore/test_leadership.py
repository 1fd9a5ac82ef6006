from __future__ import annotations

import pytest

from datastore import Datastore
from dpip.errors import Fenced
from tests.datastore.making import NOW


def test_one_leader_at_a_time_and_epochs_only_grow(store: Datastore) -> None:
    first = store.leadership.take("a", NOW, NOW + 10)
    assert first is not None
    assert store.leadership.take("b", NOW + 9, NOW + 20) is None
    second = store.leadership.take("b", NOW + 10, NOW + 20)
    assert second is not None
    assert second > first
    assert not store.leadership.renew(first, NOW + 11, NOW + 30)
    assert store.leadership.renew(second, NOW + 11, NOW + 30)
    assert store.leadership.take("a", NOW + 21, NOW + 40) is None


def test_a_leader_that_starts_again_leads_at_once_with_a_new_epoch(store: Datastore) -> None:
    first = store.leadership.take("a", NOW, NOW + 10)
    second = store.leadership.take("a", NOW + 1, NOW + 11)
    assert first is not None
    assert second == first + 1


def test_who_resigned_leads_no_more(store: Datastore) -> None:
    epoch = store.leadership.take("a", NOW, NOW + 10)
    assert epoch is not None
    store.leadership.resign(epoch)
    assert not store.leadership.renew(epoch, NOW, NOW + 10)
    with pytest.raises(Fenced):
        store.queue.claim([], epoch, NOW, NOW + 10)
    following = store.leadership.take("b", NOW, NOW + 10)
    assert following == epoch + 1
    store.leadership.resign(epoch)  # too late to matter
    assert store.leadership.renew(following, NOW, NOW + 10)


def test_only_the_leader_says_where_ray_is(store: Datastore) -> None:
    assert store.leadership.ray_address() is None
    old = store.leadership.take("a", NOW, NOW + 1)
    assert old is not None
    store.leadership.announce_ray(old, "10.0.0.1:6379")
    new = store.leadership.take("b", NOW + 1, NOW + 2)
    assert store.leadership.ray_address() == "10.0.0.1:6379"
    assert new is not None
    with pytest.raises(Fenced):
        store.leadership.announce_ray(old, "10.0.0.2:6379")
    store.leadership.announce_ray(new, "10.0.0.3:6379")
    assert store.leadership.ray_address() == "10.0.0.3:6379"
