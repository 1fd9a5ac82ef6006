from __future__ import annotations

from dataclasses import replace

import pytest

from datastore import Datastore
from dpip.domain import Caller, Role, Scope, Token, User
from dpip.errors import Conflict, Unauthenticated
from tests.datastore.making import MACHINE, NOW

ANN = User("u1", "ann", "$argon2id$1", Role.ADMIN)
BOTH = frozenset({Scope.READ, Scope.WRITE})
LATER = NOW + 3600


def token(
    store: Datastore,
    hashed: str,
    *,
    user: str | None = "u1",
    expires_at: float = LATER,
    maker: str | None = None,
) -> Token:
    made = Token(f"id-{hashed}", user, None, f"the {hashed}", BOTH, NOW, expires_at, maker=maker)
    store.tokens.add(made, hashed)
    return made


def worker_token(store: Datastore, hashed: str, worker_id: str) -> None:
    made = Token(f"id-{hashed}", None, worker_id, "worker", frozenset({Scope.WORKER}), NOW, LATER)
    store.tokens.add(made, hashed)


def test_a_token_speaks_for_its_user_until_it_expires_or_is_revoked(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    made = [token(store, hashed) for hashed in ("hash-1", "hash-2")]
    expected = Caller("u1", "ann", Role.ADMIN, BOTH, None, "id-hash-1", LATER)
    assert store.tokens.find_caller("hash-1", NOW) == expected
    assert store.tokens.find_caller("unknown", NOW) is None
    assert store.tokens.find_caller("hash-1", LATER) is None
    assert store.tokens.revoke("id-hash-1", "somebody else") is None
    assert store.tokens.revoke("id-hash-1", "u1") == made[0]
    assert store.tokens.find_caller("hash-1", NOW) is None
    assert store.tokens.find_caller("hash-2", NOW) is not None
    assert store.tokens.revoke("id-hash-2") == made[1]
    assert store.tokens.revoke("id-hash-2") is None


def test_a_disabled_users_token_is_dead(store: Datastore) -> None:
    disabled = User("u3", "eve", "x", Role.USER, disabled=True)
    store.accounts.add_user(disabled)
    token(store, "hash", user="u3")
    assert store.tokens.find_caller("hash", NOW) is None


def test_a_workers_new_token_revokes_its_earlier_ones_only(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    token(store, "of-ann")
    first, second = (store.register.join(name, (), MACHINE, name, NOW) for name in ("w1", "w2"))
    worker_token(store, "w1-old", first.id)
    worker_token(store, "w2", second.id)
    worker_token(store, "w1-new", first.id)
    assert store.tokens.find_caller("w1-old", NOW) is None
    expected = Caller(first.id, "w1", Role.WORKER, frozenset({Scope.WORKER}), first.id, "id-w1-new", LATER)
    assert store.tokens.find_caller("w1-new", NOW) == expected
    assert store.tokens.find_caller("w2", NOW) is not None
    assert store.tokens.find_caller("of-ann", NOW) is not None


def test_live_tokens_of_a_user_are_listed_newest_first(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    store.accounts.add_user(replace(ANN, id="u2", name="bob"))
    made = [token(store, f"hash-{number}") for number in range(3)]
    token(store, "of-bob", user="u2")
    token(store, "short", expires_at=NOW + 1)
    first = store.tokens.tokens("u1", NOW + 1, limit=2)
    assert first.items == (made[2], made[1])
    rest = store.tokens.tokens("u1", NOW + 1, limit=2, after=first.next)
    assert (rest.items, rest.next) == ((made[0],), None)


def test_the_last_use_is_noted_for_many_at_once(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    for number in range(3):
        token(store, f"hash-{number}")
    store.tokens.note_use({"id-hash-0": NOW + 5, "id-hash-2": NOW + 7, "gone": NOW})
    store.tokens.note_use({})
    listed = store.tokens.tokens("u1", NOW).items
    assert [one.last_used_at for one in listed] == [NOW + 7, None, NOW + 5]


def living(store: Datastore) -> set[str]:
    return {one.id.removeprefix("id-") for one in store.tokens.tokens("u1", NOW).items}


def test_with_a_token_goes_all_that_was_made_by_it_but_a_logins(store: Datastore) -> None:
    store.accounts.add_user(ANN)
    token(store, "login")
    for hashed, maker in (("a", "login"), ("aa", "a"), ("aaa", "aa"), ("ab", "a"), ("b", "login")):
        token(store, hashed, maker=f"id-{maker}")
    assert store.tokens.revoke("id-login") is not None
    assert living(store) == {"a", "aa", "aaa", "ab", "b"}
    assert store.tokens.revoke("id-a", "somebody else") is None
    assert store.tokens.revoke("id-aa", "u1") is not None
    assert living(store) == {"a", "ab", "b"}
    assert store.tokens.revoke("id-a") is not None
    assert living(store) == {"b"}
    with pytest.raises(Unauthenticated):
        token(store, "late", maker="id-a")
    assert living(store) == {"b"}


def test_logins_and_made_tokens_are_bounded(store: Datastore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging in always works: the oldest login ends."""
    monkeypatch.setattr("datastore.tokens.MOST_LOGINS", 2)
    monkeypatch.setattr("datastore.tokens.MOST_MADE", 1)
    store.accounts.add_user(ANN)
    store.accounts.add_user(replace(ANN, id="u2", name="bob"))
    token(store, "of-bob", user="u2")
    for number in range(3):
        token(store, f"{number}")
    token(store, "made", maker="id-2")
    with pytest.raises(Conflict, match="you made 1 tokens"):
        token(store, "another", maker="id-1")
    token(store, "3")
    assert living(store) == {"2", "3", "made"}
    assert store.tokens.find_caller("of-bob", NOW) is not None
