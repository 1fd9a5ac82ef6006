"""Login, tokens, and guessing."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.people.guessing import (
    ADDRESS_FREE,
    FREE,
    FREE_WHEN_ATTACKED,
    LONGEST_WAIT_S,
    NAME_ATTACKED,
    WINDOW_S,
)
from api.people.passwords import Passwords
from api.web.rates import Rates
from dpip.errors import TooMany
from tests.api.conftest import PASSWORD, QUICK, Api, Time, another_app


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


def away(address: str) -> dict[str, Any]:
    return {"environ_base": {"REMOTE_ADDR": address}}


def guess(api: Api, name: str, count: int, address: str = "192.0.2.7") -> None:
    """Wrong passwords, each as soon as it is allowed."""
    for _ in range(count):
        answer = api.login(name, "wrong", **away(address))
        while answer.status_code == 429:
            api.clock.now += int(answer.headers["Retry-After"])
            answer = api.login(name, "wrong", **away(address))
        assert answer.status_code == 401


def test_who_guesses_waits_longer_and_longer(api: Api) -> None:
    waits = []
    for _ in range(FREE):
        assert api.login("alice", "wrong").status_code == 401
    for _ in range(8):
        answer = api.login("alice")
        assert answer.status_code == 429, "the right password tells nothing before its time"
        waits.append(int(answer.headers["Retry-After"]))
        assert "wrong passwords" in answer.get_json(force=True)["detail"]
        api.clock.now += waits[-1]
        assert api.login("alice", "wrong").status_code == 401
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    api.clock.now += LONGEST_WAIT_S
    assert api.login("alice").status_code == 200


def test_who_guesses_at_the_same_time_gets_no_guess_more(api: Api) -> None:
    guess(api, "alice", FREE)
    checking, go = threading.Semaphore(0), threading.Event()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            checking.release()
            go.wait(10)
            return super().verify(hash, password)

    app = another_app(api.parts, Slow(time_cost=1, memory_cost=8, parallelism=1))
    api.clock.now += 1
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(basic(app.test_client(), "alice", "wrong")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert checking.acquire(timeout=10)
    while len(statuses) < len(threads) - 1:
        threads[0].join(0.01)
    go.set()
    for thread in threads:
        thread.join(10)
    assert sorted(statuses) == [401] + [429] * 7
    assert not checking.acquire(blocking=False), "one password was looked at"
    assert basic(api.app.test_client(), "bob", PASSWORD) == 200


def basic(client: FlaskClient, name: str, password: str) -> int:
    """The status of a login from where `guess` comes from."""
    return client.post("/login", auth=(name, password), **away("192.0.2.7")).status_code


def test_nobody_locks_out_who_comes_from_elsewhere(api: Api) -> None:
    guess(api, "alice", FREE + 5)
    assert api.login("alice", **away("192.0.2.7")).status_code == 429
    assert api.login("alice", **away("192.0.2.8")).status_code == 200
    assert api.login("alice").status_code == 200
    assert api.login("bob", **away("192.0.2.7")).status_code == 200


def test_a_name_that_many_addresses_guess_at_gives_each_of_them_two(api: Api) -> None:
    for number in range(NAME_ATTACKED // 2):
        guess(api, "alice", 2, f"192.0.2.{number}")
    for number in range(100, 103):
        guess(api, "alice", FREE_WHEN_ATTACKED, f"192.0.2.{number}")
        answer = api.login("alice", **away(f"192.0.2.{number}"))
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) == WINDOW_S
    assert api.login("alice", **away("192.0.2.200")).status_code == 200


def test_an_address_that_guesses_names_is_slowed_down_too(api: Api) -> None:
    for number in range(ADDRESS_FREE):
        assert api.login(f"user{number}", "wrong", **away("2001:db8::1")).status_code == 401
    assert api.login("alice", **away("2001:db8::2")).status_code == 429, "it is the same network"
    assert api.login("alice", **away("2001:db8:0:1::2")).status_code == 200


def test_the_right_password_clears_the_count_of_its_address(api: Api) -> None:
    for _ in range(3):
        for _ in range(FREE - 1):
            assert api.login("alice", "wrong").status_code == 401
        assert api.login("alice").status_code == 200


def test_a_name_made_to_look_like_anothers_key_counts_for_itself(api: Api) -> None:
    guess(api, "alice%", FREE + 1)
    guess(api, "alice_127.0.0.1", FREE + 1)
    assert api.login("alice").status_code == 200
    assert api.login("bob").status_code == 200


def test_a_new_password_forgives_what_was_guessed(api: Api) -> None:
    guess(api, "alice", FREE + 1)
    assert api.ask("PATCH", "/users/alice", "admin", json={"password": "a new secret"}).status_code == 200
    assert api.login("alice", "a new secret", **away("192.0.2.7")).status_code == 200


def test_requests_of_a_user_are_bounded_where_that_is_set(api: Api) -> None:
    clock = Time()
    rates = Rates(0.5, lambda: clock.now)
    for _ in range(5):
        rates.take("alice")
    with pytest.raises(TooMany, match=r"0\.5 requests per second") as refused:
        rates.take("alice")
    assert refused.value.retry_after_s == pytest.approx(2.0)
    rates.take("bob")
    clock.now += 1.9
    with pytest.raises(TooMany):
        rates.take("alice")
    clock.now += 0.2
    rates.take("alice")
    clock.now += 1e6
    for _ in range(5):
        rates.take("alice")
    with pytest.raises(TooMany):
        rates.take("alice")


def test_a_request_too_many_is_429_with_retry_after(api: Api) -> None:
    client = another_app(api.parts, requests_per_second=0.1).test_client()
    headers = api.bearer("alice")
    assert client.get("/status", headers=headers).status_code == 200
    answer = client.get("/status", headers=headers)
    assert answer.status_code == 429
    assert 9 <= int(answer.headers["Retry-After"]) <= 10
    assert answer.mimetype == "application/problem+json"
    api.worker("w1")
    workers = {"Authorization": f"Bearer {api.tokens['w1']}"}
    assert [client.get("/images/x", headers=workers).status_code for _ in range(3)] == [404] * 3


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
    assert 0 < _text_in_failures(api) - size < 300


def _text_in_failures(api: Api) -> int:
    with closing(sqlite3.connect(api.database)) as connection:
        return int(
            connection.execute("SELECT coalesce(sum(length(key)), 0) FROM login_failures").fetchone()[0]
        )


def test_who_tries_tokens_is_slowed_down_and_hinders_nobody(api: Api) -> None:
    """One after the other: unknown ones, malformed ones, none at all; by the address."""
    client = another_app(api.parts, strangers_per_second=0.5).test_client()

    def ask(header: str | None, address: str = "192.0.2.1") -> TestResponse:
        headers = {} if header is None else {"Authorization": header}
        return client.get("/status", headers=headers, environ_base={"REMOTE_ADDR": address})

    live = api.bearer("alice")["Authorization"]
    tries = ["Bearer unknown", f"Bearer {'x' * 5000}", "Bearer", "Basic YTpi", None]
    assert [ask(one).status_code for one in tries] == [401] * 5
    for one in tries:
        refused = ask(one)
        assert refused.status_code == 429, one
        assert refused.headers["Retry-After"] in {"1", "2"}
        assert "0.5 requests per second without a live token" in refused.get_json(force=True)["detail"]
    assert ask(live).status_code == 200
    assert ask(None, "192.0.2.2").status_code == 401
    of_one_customer = [ask(None, f"2001:db8::{number}").status_code for number in range(6)]
    assert of_one_customer == [401] * 5 + [429]


def test_rates_of_strangers_are_kept_for_so_many_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.rates._KEPT", 2)
    rates = Rates(0.1, lambda: 0.0)
    for caller in ("a", "b"):
        rates.take(caller)
    with pytest.raises(TooMany):
        rates.take("b")
    rates.take("c")
    rates.take("b")
