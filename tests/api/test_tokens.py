"""Tokens that users make for their programs."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.people.journal import USE_NOTED_EVERY_S
from dpip.domain import Role, User
from tests.api.conftest import PASSWORD, QUICK, Api


def make(api: Api, user: str = "alice", **given: Any) -> dict[str, Any]:
    answer = api.ask("POST", "/tokens", user, json={"name": "camera", **given})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.get_json())


def bearer(token: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['token']}"}


def status(api: Api, token: dict[str, Any], method: str = "GET", path: str = "/status") -> int:
    return api.ask(method, path, None, headers=bearer(token)).status_code


def test_a_token_allows_what_its_scopes_say(api: Api) -> None:
    read, write, both = (make(api, scopes=scopes) for scopes in ("read", ["write"], None))
    assert both["scopes"] == ["read", "write"]
    assert [status(api, token) for token in (read, write, both)] == [200, 403, 200]
    assert [status(api, token, "POST", "/workloads") for token in (read, write, both)] == [403, 201, 201]
    refused = api.ask("POST", "/workloads", None, headers=bearer(read))
    assert "allows read, and this needs write" in refused.get_json(force=True)["detail"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"scopes": "admin"}, 400),
        ({"scopes": ""}, 400),
        ({"scopes": [1]}, 400),
        ({"scopes": {"read": True}}, 400),
        ({"scopes": "worker"}, 403),
        ({"name": ""}, 400),
        ({"name": "x" * 101}, 400),
        ({"name": "a\nb"}, 400),
        ({"expires_in_hours": 0}, 400),
        ({"expires_in_hours": "soon"}, 400),
        ({"expires_in_hours": "nan"}, 400),
        ({"expires_in_hours": 1e9}, 400),
    ],
)
def test_what_cannot_be_a_token_is_refused(api: Api, given: dict[str, Any], code: int) -> None:
    answer = api.ask("POST", "/tokens", json={"name": "x", **given})
    assert answer.status_code == code, answer.text
    assert len(api.ask("GET", "/tokens").get_json()["tokens"]) == 1


def test_a_token_makes_none_that_may_more_than_itself(api: Api) -> None:
    write = make(api, scopes="write")
    answer = api.ask("POST", "/tokens", None, headers=bearer(write), json={"name": "x", "scopes": "read"})
    assert answer.status_code == 403
    assert "may allow write" in answer.get_json(force=True)["detail"]


def with_token(api: Api, maker: dict[str, Any], **given: Any) -> TestResponse:
    return api.ask("POST", "/tokens", None, headers=bearer(maker), json={"name": "x", **given})


def test_a_made_token_makes_none_that_outlives_it_and_takes_what_it_made_along(api: Api) -> None:
    made = make(api, expires_in_hours=2)
    refused = with_token(api, made, expires_in_hours=3)
    assert refused.status_code == 403
    assert "makes none that lives longer; log in" in refused.get_json(force=True)["detail"]
    child = with_token(api, made).get_json()
    assert made["expires_at"][:19] == child["expires_at"][:19], "unless it is asked for less"
    grandchild = with_token(api, child, expires_in_hours=1).get_json()
    assert (child["made_by"], grandchild["made_by"]) == (made["token_id"], child["token_id"])
    assert [status(api, token) for token in (made, child, grandchild)] == [200, 200, 200]
    assert api.ask("DELETE", f"/tokens/{made['token_id']}").status_code == 200
    assert [status(api, token) for token in (made, child, grandchild)] == [401, 401, 401]


def test_a_program_keeps_its_token_when_its_maker_logs_out(api: Api) -> None:
    made = make(api, expires_in_hours=1000)
    assert api.ask("DELETE", "/logout").status_code == 200
    api.tokens.clear()
    assert status(api, made) == 200
    listed = api.ask("GET", "/tokens").get_json()["tokens"]
    assert [token["made_by"] is None for token in listed] == [True, False]


def test_tokens_are_listed_without_their_secrets(api: Api) -> None:
    made = make(api, name="Kamera \N{CAMERA}", scopes="read", expires_in_hours=8)
    make(api, "bob")
    answer = api.ask("GET", "/tokens")
    newest, login = answer.get_json()["tokens"]
    assert newest == {name: value for name, value in made.items() if name != "token"}
    assert (login["name"], login["current"], newest["current"]) == ("login", True, False)
    assert made["token"] not in answer.text
    page = api.ask("GET", "/tokens?limit=1").get_json()
    assert page["tokens"] == [newest]
    assert api.ask("GET", f"/tokens?limit=1&after={page['next']}").get_json()["tokens"] == [login]


def test_an_administrator_sees_anybodys_tokens(api: Api) -> None:
    made = make(api, "bob")
    seen = api.ask("GET", "/tokens?user=bob", "admin").get_json()["tokens"]
    assert seen[0]["token_id"] == made["token_id"]
    for name in ("bob", "nobody"):
        assert api.ask("GET", f"/tokens?user={name}").status_code == 404
    assert api.ask("GET", "/tokens?user=alice").status_code == 200
    assert api.ask("GET", "/tokens?user=nobody", "admin").status_code == 404


def test_a_token_expires_when_it_was_told_to(api: Api) -> None:
    made = make(api, expires_in_hours=2)
    api.clock.now += 2 * 3600 - 10
    assert status(api, made) == 200
    api.clock.now += 20
    assert status(api, made) == 401


def test_tokens_are_revoked_one_by_one_by_their_user_or_an_administrator(api: Api) -> None:
    first, second, third = (make(api) for _ in range(3))
    assert api.ask("DELETE", f"/tokens/{first['token_id']}", "bob").status_code == 404
    assert api.ask("DELETE", f"/tokens/{first['token_id']}").get_json()["name"] == "camera"
    assert api.ask("DELETE", f"/tokens/{first['token_id']}").status_code == 404
    assert api.ask("DELETE", f"/tokens/{second['token_id']}", "admin").status_code == 200
    assert [status(api, token) for token in (first, second, third)] == [401, 401, 200]


def test_a_user_has_a_bounded_number_of_tokens(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datastore.tokens.MOST_MADE", 2)
    first, _ = make(api), make(api)
    assert api.ask("POST", "/tokens", json={"name": "one too many"}).status_code == 409
    api.ask("DELETE", f"/tokens/{first['token_id']}")
    make(api)


def test_logout_ends_the_token_it_came_with(api: Api) -> None:
    read = make(api, scopes="read")
    assert status(api, read, "DELETE", "/logout") == 200
    assert status(api, read) == 401
    assert api.ask("GET", "/status").status_code == 200


def test_the_last_use_is_written_now_and_then_only(api: Api) -> None:
    made = make(api)

    def last_use() -> str | None:
        api.parts.journal.flush()
        tokens = api.ask("GET", "/tokens").get_json()["tokens"]
        return next(token["last_used_at"] for token in tokens if token["token_id"] == made["token_id"])

    assert last_use() is None
    assert status(api, made) == 200
    first = last_use()
    assert first is not None
    assert status(api, made) == 200
    assert last_use() == first
    api.clock.now += USE_NOTED_EVERY_S
    assert status(api, made) == 200
    assert (last_use() or "") > first


def test_a_machines_account_gets_tokens_for_workers_only(api: Api) -> None:
    machine = User("id-of-farm", "farm", QUICK.hash(PASSWORD), Role.WORKER)
    api.datastore.accounts.add_user(machine)
    login = api.login("farm").get_json()
    assert login["scopes"] == ["worker"]
    assert status(api, login) == 403
    assert status(api, login, "GET", "/images/x") == 404
    assert status(api, login, "DELETE", "/logout") == 200


def test_a_worker_scope_delivers_nothing_without_a_registered_worker(api: Api, jpeg: bytes) -> None:
    made = make(api, "admin", scopes="worker")
    image = api.original(api.workload()["workload_id"], jpeg)
    assert api.ask("GET", f"/images/{image}", None, headers=bearer(made)).data == jpeg
    form = {"workload_id": image.split("-")[0], "type": "filtered", "original_id": image, "attempt": "0"}
    files = {**form, "data": (jpeg, "a.jpg")}
    assert api.ask("POST", "/images", None, headers=bearer(made), data=files).status_code == 403
