from __future__ import annotations

import pytest

from datastore import Datastore
from dpip.domain import Caller, Role, Scope, User
from dpip.errors import Conflict, NotFound
from tests.datastore.making import MACHINE, NOW

ANN = User("u1", "ann", "$argon2id$1", Role.ADMIN)
LATER = NOW + 3600


def user_token(store: Datastore, token: str, user: User = ANN, expires_at: float = LATER) -> None:
    store.accounts.add_token(
        token, user_id=user.id, scope=Scope.USER, worker_id=None, now=NOW, expires_at=expires_at
    )


def worker_token(store: Datastore, token: str, worker_id: str) -> None:
    store.accounts.add_token(
        token, user_id=None, scope=Scope.WORKER, worker_id=worker_id, now=NOW, expires_at=LATER
    )


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


def test_a_token_speaks_for_its_user_until_it_expires_or_is_revoked(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    user_token(store, "hash-1")
    user_token(store, "hash-2")
    assert store.accounts.find_caller("hash-1", NOW) == Caller("u1", "ann", Role.ADMIN, Scope.USER)
    assert store.accounts.find_caller("unknown", NOW) is None
    assert store.accounts.find_caller("hash-1", LATER) is None
    store.accounts.revoke_token("hash-1")
    assert store.accounts.find_caller("hash-1", NOW) is None
    assert store.accounts.find_caller("hash-2", NOW) is not None


def test_a_disabled_users_token_is_dead(store: Datastore) -> None:
    disabled = User("u3", "eve", "x", Role.USER, disabled=True)
    store.accounts.add_user(disabled)
    user_token(store, "hash", disabled)
    assert store.accounts.find_caller("hash", NOW) is None


def test_a_workers_new_token_revokes_its_earlier_ones_only(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    user_token(store, "of-ann")
    first, second = (store.register.join(name, (), MACHINE, name, NOW) for name in ("w1", "w2"))
    worker_token(store, "w1-old", first.id)
    worker_token(store, "w2", second.id)
    worker_token(store, "w1-new", first.id)
    assert store.accounts.find_caller("w1-old", NOW) is None
    expected = Caller(first.id, "w1", Role.USER, Scope.WORKER, first.id)
    assert store.accounts.find_caller("w1-new", NOW) == expected
    assert store.accounts.find_caller("w2", NOW) is not None
    assert store.accounts.find_caller("of-ann", NOW) is not None


def test_login_failures_are_counted_by_key_and_time(store: Datastore) -> None:
    for at in (NOW, NOW + 10, NOW + 20):
        store.accounts.record_login_failure("ann", at)
    store.accounts.record_login_failure("10.0.0.7", NOW + 20)
    assert store.accounts.login_failures("ann", NOW) == 3
    assert store.accounts.login_failures("ann", NOW + 10) == 2
    store.accounts.clear_login_failures("ann")
    assert store.accounts.login_failures("ann", NOW) == 0
    assert store.accounts.login_failures("10.0.0.7", NOW) == 1


def test_old_login_failures_are_dropped(store: Datastore) -> None:
    store.accounts.record_login_failure("ann", NOW)
    store.accounts.record_login_failure("bob", NOW + 2 * 24 * 3600)
    assert store.accounts.login_failures("ann", 0) == 0
