"""The audit trail over HTTP."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from api.people.journal import Journal
from api.people.refusals import AT_ONCE, PER_S, Refusals
from dpip.domain import Action, AuditEntry
from dpip.errors import NotReady
from tests.api.conftest import PASSWORD, Api


def entries(api: Api, **wanted: str) -> list[dict[str, Any]]:
    answer = api.ask("GET", "/audit", "admin", query_string=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["entries"])


def test_it_tells_who_did_what_from_where(api: Api, jpeg: bytes) -> None:
    workload = api.workload(workload_name="holiday")["workload_id"]
    api.original(workload, jpeg)
    api.ask("DELETE", f"/workloads/{workload}")
    api.ask("POST", "/users", "admin", json={"name": "carl", "password": PASSWORD, "role": "worker"})
    api.ask("PATCH", "/users/carl", "admin", json={"password": PASSWORD, "disabled": True})
    api.ask("DELETE", "/users/carl", "admin")
    token = api.ask("POST", "/tokens", json={"name": "camera"}).get_json()["token_id"]
    api.ask("DELETE", f"/tokens/{token}")
    told = [
        (one["action"], one["who"], None if one["action"] == "login" else one["target"], one["detail"])
        for one in reversed(entries(api))
    ]
    assert told == [
        ("login", "alice", None, None),
        ("workload-deleted", "alice", workload, "'holiday' with 1 images"),
        ("login", "admin", None, None),
        ("user-added", "admin", "carl", "role=worker"),
        ("password-changed", "admin", "carl", None),
        ("user-changed", "admin", "carl", "disabled=True"),
        ("user-deleted", "admin", "carl", None),
        ("token-made", "alice", token, "camera: read write"),
        ("token-revoked", "alice", token, "camera"),
    ]
    assert {one["address"] for one in entries(api)} == {"127.0.0.1"}


def test_refusals_that_are_alike_are_one_entry(api: Api) -> None:
    api.bearer("bob")
    for _ in range(3):
        api.login("alice", "wrong password")
        api.ask("GET", "/workloads/x1", None)
        api.ask("GET", "/workloads/x2", None, headers={"Authorization": "Bearer dead"})
        api.ask("GET", "/users", "bob")
    told = {
        (one["action"], one["who"], one["target"], one["detail"]): one["count"]
        for one in entries(api)
        if one["action"] != "login"
    }
    assert told == {
        ("login-refused", "alice", "POST /login", "a wrong name or password"): 3,
        ("refused", None, "GET /workloads/<workload_id>", "no token"): 3,
        ("refused", None, "GET /workloads/<workload_id>", "an unknown, expired or revoked token"): 3,
        ("refused", "bob", "GET /users", "only an administrator may do this"): 3,
    }


def test_what_came_before_is_written_before(api: Api) -> None:
    api.ask("GET", "/status", None)
    api.bearer("alice")
    api.ask("GET", "/status", None)
    told = entries(api, since="2020-01-01")
    assert [one["action"] for one in reversed(told)] == ["refused", "login", "refused", "login"], (
        "the last one asks"
    )
    assert [one["at"] for one in told] == sorted((one["at"] for one in told), reverse=True)


def test_no_secret_is_in_it(api: Api) -> None:
    token = api.login("alice").get_json()["token"]
    api.login("alice", "a wrong secret")
    api.ask("GET", "/status", None, headers={"Authorization": "Bearer a-dead-secret"})
    api.ask("PATCH", "/users/bob", "admin", json={"password": "a new secret"})
    api.parts.journal.flush()
    with closing(sqlite3.connect(api.database)) as connection:
        rows = str(connection.execute("SELECT * FROM audit").fetchall())
    assert "login-refused" in rows
    for secret in (token, "secret", PASSWORD):
        assert secret not in rows


def test_filters_and_pages(api: Api) -> None:
    api.bearer("alice")
    api.bearer("bob")
    api.login("bob", "wrong password")
    assert [one["who"] for one in entries(api, action="login", who="bob")] == ["bob"]
    assert entries(api, address="10.1.2.3") == []
    later = entries(api, who="bob", action="login-refused")[0]["at"]
    assert {one["action"] for one in entries(api, until=later)} == {"login"}
    assert [one["who"] for one in entries(api, since="2999-01-01", who="bob")] == []
    page = api.ask("GET", "/audit?limit=2", "admin").get_json()
    rest = api.ask("GET", f"/audit?after={page['next']}", "admin").get_json()
    ids = [one["id"] for one in page["entries"] + rest["entries"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 4


@pytest.mark.parametrize("query", ["action=x", "since=yesterday", "limit=0", "after=x"])
def test_wrong_filters_are_refused(api: Api, query: str) -> None:
    assert api.ask("GET", f"/audit?{query}", "admin").status_code == 400


def test_it_is_for_administrators(api: Api) -> None:
    assert api.ask("GET", "/audit").status_code == 403


class Away:
    """An audit trail whose datastore is away for a while."""

    def __init__(self) -> None:
        self.here = False
        self.kept: list[AuditEntry] = []

    def add(self, entries: Any) -> None:
        if not self.here:
            raise NotReady("away")
        self.kept += entries


def test_what_happened_waits_for_the_datastore(api: Api) -> None:
    trail = Away()
    journal = Journal(trail, api.parts.tokens, api.clock, 3600)  # type: ignore[arg-type]
    entry = AuditEntry(1.0, Action.LOGIN, "ann", None)
    journal.write(entry)
    journal.refused(AuditEntry(2.0, Action.REFUSED, None, "10.0.0.1"))
    journal.flush()
    assert trail.kept == []
    trail.here = True
    journal.close()
    assert [one.action for one in trail.kept] == [Action.LOGIN, Action.REFUSED]


def test_refusals_of_too_many_kinds_are_only_counted(api: Api) -> None:
    for number in range(1500):
        api.parts.journal.refused(AuditEntry(1.0, Action.REFUSED, None, f"10.0.{number}"))
    first = api.ask("GET", "/audit?action=refused&limit=1000", "admin").get_json()
    assert first["next"] is not None
    rest = api.ask("GET", f"/audit?action=refused&limit=1000&after={first['next']}", "admin").get_json()
    assert len(rest["entries"]) == 1
    assert sum(one["count"] for one in first["entries"] + rest["entries"]) == 1500


def test_refusals_without_end_fill_no_disk() -> None:
    refusals, written, asked = Refusals(), list[AuditEntry](), 0
    for second in range(3600):
        for number in range(20):
            asked += 1
            refusals.add(AuditEntry(float(second), Action.REFUSED, None, f"10.{second}.{number}"))
        written += refusals.take(float(second), all_of_them=False)
    assert len(written) <= AT_ONCE + 3600 * PER_S + 1
    written += refusals.take(3600.0, all_of_them=True)
    assert sum(entry.count for entry in written) == asked
    assert not refusals
