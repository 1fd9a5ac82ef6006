"""Users over HTTP: what administrators do, and what everybody may do to their own account."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Api

NEW = "a new battery"


def add(api: Api, **given: Any) -> dict[str, Any]:
    answer = api.ask("POST", "/users", "admin", json={"name": "carl", **given})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.get_json())


def test_a_user_is_added_and_logs_in(api: Api) -> None:
    made = add(api, password=PASSWORD, role="user", quota_images=5)
    assert "password" not in made
    assert (made["role"], made["disabled"], made["quota_images"]) == ("user", False, 5)
    assert api.login("carl").status_code == 200
    assert api.ask("GET", "/users/carl", "carl").get_json() == made
    again = api.ask("POST", "/users", "admin", json={"name": "carl"})
    assert again.status_code == 409


def test_a_password_that_is_left_out_is_made_up_and_shown_once(api: Api) -> None:
    made = add(api)
    assert api.login("carl", made["password"]).status_code == 200
    assert made["password"] not in api.ask("GET", "/users", "admin").text
    assert made["password"] not in api.ask("GET", "/audit", "admin").text


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "a b"},
        {"name": "../x"},
        {"name": "x", "password": "short"},
        {"name": "x", "password": 12345678},
        {"name": "x", "role": "root"},
        {"name": "x", "quota_bytes": -1},
        {"name": "x", "quota_bytes": 1.5},
        {"name": "x", "quota_images": True},
        {"name": "x", "quota_images": 10**30},
        {"name": "x", "admin": True},
    ],
)
def test_what_cannot_be_a_user_is_refused(api: Api, given: dict[str, Any]) -> None:
    answer = api.ask("POST", "/users", "admin", json={"password": PASSWORD, **given})
    assert answer.status_code == 400, answer.text
    assert len(api.ask("GET", "/users", "admin").get_json()["users"]) == 3


def test_users_are_listed_in_pages_for_administrators_only(api: Api) -> None:
    page = api.ask("GET", "/users?limit=2", "admin").get_json()
    rest = api.ask("GET", f"/users?after={page['next']}", "admin").get_json()
    assert [user["name"] for user in page["users"] + rest["users"]] == ["admin", "alice", "bob"]
    assert api.ask("GET", "/users").status_code == 403
    assert api.ask("POST", "/users", json={"name": "eve"}).status_code == 403
    assert api.ask("DELETE", "/users/bob").status_code == 403


def test_others_do_not_exist_for_a_user(api: Api) -> None:
    for name in ("bob", "nobody"):
        assert api.ask("GET", f"/users/{name}").status_code == 404
        assert api.ask("PATCH", f"/users/{name}", json={"password": NEW}).status_code == 404
    assert api.ask("GET", "/users/alice").get_json()["name"] == "alice"


def test_ones_own_password_needs_the_old_one_and_ends_all_tokens(api: Api) -> None:
    old = api.bearer("alice")
    assert api.ask("PATCH", "/users/alice", json={"password": NEW}).status_code == 400
    wrong = {"password": NEW, "current_password": "wrong"}
    assert api.ask("PATCH", "/users/alice", json=wrong).status_code == 403
    right = {"password": NEW, "current_password": PASSWORD}
    assert api.ask("PATCH", "/users/alice", json=right).status_code == 200
    assert api.ask("GET", "/status", None, headers=old).status_code == 401
    assert api.login("alice").status_code == 401
    assert api.login("alice", NEW).status_code == 200


def test_nobody_makes_themselves_an_administrator(api: Api) -> None:
    for change in ({"role": "admin"}, {"quota_bytes": None}, {"disabled": False}):
        assert api.ask("PATCH", "/users/alice", json=change).status_code == 403
    assert api.ask("PATCH", "/users/alice", json={"name": "root"}).status_code == 400


def test_an_administrator_changes_others(api: Api) -> None:
    token = api.bearer("bob")
    assert api.ask("PATCH", "/users/bob", "admin", json={"password": NEW}).status_code == 200
    assert api.ask("GET", "/status", None, headers=token).status_code == 401
    again = {"Authorization": f"Bearer {api.login('bob', NEW).get_json()['token']}"}
    changed = api.ask("PATCH", "/users/bob", "admin", json={"quota_bytes": 100, "quota_images": None})
    assert changed.get_json()["quota_bytes"] == 100
    assert api.ask("GET", "/status", None, headers=again).status_code == 200
    assert api.ask("PATCH", "/users/bob", "admin", data={"disabled": "true"}).get_json()["disabled"]
    assert api.ask("GET", "/status", None, headers=again).status_code == 401
    assert api.login("bob", NEW).status_code == 401
    assert api.ask("PATCH", "/users/bob", "admin", json={"disabled": False}).status_code == 200
    assert api.ask("GET", "/status", None, headers=again).status_code == 401
    assert api.login("bob", NEW).status_code == 200


def test_the_last_administrator_cannot_leave(api: Api) -> None:
    for change in ({"disabled": True}, {"role": "user"}):
        assert api.ask("PATCH", "/users/admin", "admin", json=change).status_code == 409
    assert api.ask("DELETE", "/users/admin", "admin").status_code == 409
    assert api.ask("PATCH", "/users/alice", "admin", json={"role": "admin"}).status_code == 200
    api.tokens.pop("alice", None)
    assert api.ask("DELETE", "/users/admin", "alice").status_code == 200


def test_deleting_a_user_takes_their_workloads_only_when_told_to(api: Api, jpeg: bytes) -> None:
    of_bob = api.workload("bob")["workload_id"]
    of_alice = api.workload()["workload_id"]
    api.original(of_bob, jpeg, "bob")
    image = api.original(of_alice, jpeg)
    assert api.ask("DELETE", "/users/bob", "admin").status_code == 409
    assert api.ask("GET", "/status", "bob").status_code == 200
    assert api.ask("DELETE", "/users/bob?workloads=keep", "admin").status_code == 400
    gone = api.ask("DELETE", "/users/bob?workloads=delete", "admin")
    assert gone.get_json()["deleted_workloads"] == 1
    assert api.rows() == {"workloads": 1, "images": 1, "jobs": 1}
    assert [file.endswith(f"{image}.jpg") for file in api.files()] == [True]
    assert api.ask("GET", "/status", "bob").status_code == 401
    assert api.login("bob").status_code == 401
