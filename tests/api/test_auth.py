"""Login, tokens, and guessing."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from argon2 import PasswordHasher

from api.login import MAX_FAILURES, WINDOW_S
from api.passwords import Passwords
from dpip.errors import TooMany
from tests.api.conftest import PASSWORD, QUICK, Api


def test_login_gives_a_token_that_works_until_logout(api: Api) -> None:
    answer = api.login("alice")
    assert answer.status_code == 200
    assert answer.get_json()["user"] == "alice"
    token = answer.get_json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert api.ask("GET", "/status", None, headers=headers).status_code == 200
    assert "logout_message" in api.ask("DELETE", "/logout", None, headers=headers).get_json()
    dead = api.ask("GET", "/status", None, headers=headers)
    assert dead.status_code == 401
    assert "log" in dead.get_json(force=True)["detail"]
    assert 'error="invalid_token"' in dead.headers["WWW-Authenticate"]


def test_logout_leaves_other_tokens_of_the_user_alive(api: Api) -> None:
    first, second = (api.login("alice").get_json()["token"] for _ in range(2))
    assert first != second
    api.ask("DELETE", "/logout", None, headers={"Authorization": f"Bearer {first}"})
    assert api.ask("GET", "/status", None, headers={"Authorization": f"Bearer {second}"}).status_code == 200


def test_a_token_expires(api: Api) -> None:
    headers = api.bearer("alice")
    api.clock.now += api.parts.bounds.token_s - 1
    assert api.ask("GET", "/status", None, headers=headers).status_code == 200
    api.clock.now += 2
    assert api.ask("GET", "/status", None, headers=headers).status_code == 401


def test_neither_token_nor_password_lies_in_the_database(api: Api) -> None:
    token = api.login("alice").get_json()["token"]
    with closing(sqlite3.connect(api.database)) as connection:
        dump = "\n".join(connection.iterdump())
    assert token not in dump
    assert PASSWORD not in dump
    assert "$argon2id$" in dump


@pytest.mark.parametrize("name", ["alice", "nobody", "", "ålïce:x"])
def test_a_wrong_name_or_password_is_401_and_says_no_more(api: Api, name: str) -> None:
    answer = api.login(name, "wrong")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="DPIP"'
    assert answer.get_json(force=True)["detail"] == "wrong user name or password"


def test_after_ten_wrong_passwords_even_the_right_one_waits(api: Api) -> None:
    for _ in range(MAX_FAILURES):
        assert api.login("alice", "wrong").status_code == 401
    answer = api.login("alice")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == WINDOW_S
    assert "wrong passwords" in answer.get_json(force=True)["detail"]
    assert api.login("bob").status_code == 200  # nobody else is locked out from this machine
    api.clock.now += WINDOW_S + 1
    assert api.login("alice").status_code == 200


def test_an_address_that_guesses_names_is_slowed_down_too(api: Api) -> None:
    away: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    for number in range(MAX_FAILURES):
        assert api.login(f"user{number}", "wrong", **away).status_code == 401
    assert api.login("alice", **away).status_code == 429
    assert api.login("alice", environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 200


def test_the_right_password_clears_the_count(api: Api) -> None:
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            assert api.login("alice", "wrong").status_code == 401
        assert api.login("alice").status_code == 200


def test_an_unknown_user_costs_as_much_as_a_wrong_password() -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    known = QUICK.hash("x")
    assert not passwords.matches(None, "a password that no user has")
    assert not passwords.matches(known, "y")
    assert len(verified) == 2
    assert verified[0].split("$")[1:4] == known.split("$")[1:4]  # the same work


def test_only_a_few_passwords_are_checked_at_once() -> None:
    entered, go = threading.Semaphore(0), threading.Event()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            entered.release()
            go.wait(10)
            return super().verify(hash, password)

    passwords = Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1))
    results: list[object] = []

    def check() -> None:
        try:
            results.append(passwords.matches(None, "x"))
        except TooMany as error:
            results.append(error)

    threads = [threading.Thread(target=check) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert entered.acquire(timeout=5)
    assert entered.acquire(timeout=5)
    assert not entered.acquire(timeout=0.1)
    go.set()
    for thread in threads:
        thread.join(10)
    refused = [result for result in results if isinstance(result, TooMany)]
    assert len(refused) == 10
    assert results.count(False) == 10


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer x y", "Basic YWxpY2U6eA==", "x" * 500])
def test_odd_authorization_headers_are_refused(api: Api, value: str) -> None:
    answer = api.ask("GET", "/status", None, headers={"Authorization": value})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_a_disabled_user_cannot_use_a_token(api: Api) -> None:
    headers = api.bearer("alice")
    with closing(sqlite3.connect(api.database)) as connection, connection:
        connection.execute("UPDATE users SET disabled = 1 WHERE name = 'alice'")
    assert api.ask("GET", "/status", None, headers=headers).status_code == 401
    assert api.login("alice").status_code == 401


def test_a_name_without_end_does_not_fill_the_datastore(api: Api) -> None:
    size = _text_in_failures(api)
    assert api.login("x" * 100_000).status_code == 401
    assert 0 < _text_in_failures(api) - size < 200


def _text_in_failures(api: Api) -> int:
    with closing(sqlite3.connect(api.database)) as connection:
        return int(
            connection.execute("SELECT coalesce(sum(length(key)), 0) FROM login_failures").fetchone()[0]
        )
