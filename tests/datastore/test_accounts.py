from __future__ import annotations

from dataclasses import replace

import pytest

from datastore import Datastore
from dpip.domain import Quota, Role, Scope, Token, User
from dpip.errors import Conflict, NotFound
from dpip.ports import LoginFailures
from tests.datastore.making import NOW, new_workload

ANN = User("u1", "ann", "$argon2id$1", Role.ADMIN)


def token(store: Datastore, hashed: str, user: User = ANN) -> None:
    made = Token(f"id-{hashed}", user.id, None, "login", frozenset({Scope.READ}), NOW, NOW + 3600)
    store.tokens.add(made, hashed)


def lives(store: Datastore, hashed: str) -> bool:
    return store.tokens.find_caller(hashed, NOW) is not None


def test_a_user_is_found_again_by_name(store: Datastore) -> None:
    assert not store.accounts.any_user()
    store.accounts.add_user(ANN)
    assert store.accounts.any_user()
    assert store.accounts.find_user("ann") == ANN
    assert store.accounts.find_user("bob") is None


def test_a_taken_user_name_is_a_conflict_that_names_it(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    with pytest.raises(Conflict, match="'ann'"):
        store.accounts.add_user(User("u2", "ann", "other", Role.USER))
    assert store.accounts.find_user("ann") == ANN


def test_a_password_is_changed_for_one_user_only(store: Datastore) -> None:
    bob = User("u2", "bob", "$argon2id$2", Role.USER)
    store.accounts.add_user(ANN)
    store.accounts.add_user(bob)
    store.accounts.set_password("ann", "$argon2id$3")
    found = store.accounts.find_user("ann")
    assert found is not None
    assert found.password_hash == "$argon2id$3"
    assert store.accounts.find_user("bob") == bob
    with pytest.raises(NotFound):
        store.accounts.set_password("carl", "x")


def test_a_new_password_kills_the_tokens_of_its_user_only(store: Datastore) -> None:
    bob = User("u2", "bob", "$argon2id$2", Role.USER)
    for user in (ANN, bob):
        store.accounts.add_user(user)
        token(store, f"of-{user.name}", user)
    store.accounts.set_password("bob", "$argon2id$3")
    assert lives(store, "of-ann")
    assert not lives(store, "of-bob")


def test_disabling_kills_tokens_for_good(store: Datastore) -> None:
    bob = User("u2", "bob", "$argon2id$2", Role.USER)
    store.accounts.add_user(bob)
    token(store, "hash", bob)
    assert store.accounts.change_user("bob", disabled=True).disabled
    assert not store.accounts.change_user("bob", disabled=False).disabled
    assert not lives(store, "hash")


def test_what_is_not_named_stays(store: Datastore) -> None:
    made = User("u2", "bob", "x", Role.USER, quota=Quota(5, None), created_at=NOW)
    store.accounts.add_user(made)
    token(store, "hash", made)
    assert store.accounts.change_user("bob") == made
    assert store.accounts.change_user("bob", quota=Quota(None, 7)) == replace(made, quota=Quota(None, 7))
    assert lives(store, "hash")
    assert store.accounts.change_user("bob", role=Role.WORKER).role is Role.WORKER
    assert not lives(store, "hash")
    with pytest.raises(NotFound):
        store.accounts.change_user("carl")


def test_the_last_administrator_stays(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    store.accounts.add_user(User("u2", "bob", "x", Role.ADMIN, disabled=True))
    for change in ({"disabled": True}, {"role": Role.USER}):
        with pytest.raises(Conflict, match="only administrator"):
            store.accounts.change_user("ann", **change)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="only administrator"):
        store.accounts.delete_user("ann")
    store.accounts.change_user("bob", disabled=False)
    store.accounts.change_user("ann", role=Role.USER)
    with pytest.raises(Conflict, match="only administrator"):
        store.accounts.delete_user("bob")


def test_who_has_workloads_is_not_deleted(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    bob = User("u2", "bob", "x", Role.USER)
    store.accounts.add_user(bob)
    token(store, "hash", bob)
    workload = new_workload(store, owner="u2")
    with pytest.raises(Conflict, match="workloads"):
        store.accounts.delete_user("bob")
    assert lives(store, "hash")
    store.catalog.delete_workload(workload.id)
    store.accounts.delete_user("bob")
    assert store.accounts.find_user("bob") is None
    assert not lives(store, "hash")
    with pytest.raises(NotFound):
        store.accounts.delete_user("bob")


def test_users_come_by_name_in_pages(store: Datastore) -> None:
    for name in ("bob", "Zoe", "ann"):
        store.accounts.add_user(User(f"id of {name}", name, "x", Role.USER))
    first = store.accounts.users(limit=2)
    rest = store.accounts.users(limit=2, after=first.next)
    assert [user.name for user in (*first.items, *rest.items)] == ["Zoe", "ann", "bob"]
    assert rest.next is None


def test_login_failures_are_counted_by_key_and_time(store: Datastore) -> None:
    for at in (NOW, NOW + 10, NOW + 20):
        store.accounts.record_login_failure(["ann", "ann:10.0.0.7"], at)
    store.accounts.record_login_failure(["ann_x", "10.0.0.7"], NOW + 20)
    keys = ["ann", "ann:10.0.0.7", "10.0.0.7", "bob"]
    assert store.accounts.login_failures(keys, NOW + 10) == {
        "ann": LoginFailures(2, NOW + 20),
        "ann:10.0.0.7": LoginFailures(2, NOW + 20),
        "10.0.0.7": LoginFailures(1, NOW + 20),
    }
    store.accounts.clear_login_failures("ann")
    assert set(store.accounts.login_failures([*keys, "ann_x"], NOW)) == {"10.0.0.7", "ann_x"}


def test_old_login_failures_are_dropped(store: Datastore) -> None:
    store.accounts.record_login_failure(["ann"], NOW)
    store.accounts.record_login_failure(["bob"], NOW + 2 * 24 * 3600)
    assert set(store.accounts.login_failures(["ann", "bob"], 0)) == {"bob"}
