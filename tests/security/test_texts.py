"""Texts and numbers made to be trouble, in every place where a request can say one.

None may get a 5xx, reach the datastore as anything but a value, or come back as anything but JSON.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import PASSWORD, Api
from tests.api.test_routes import inventory

TEXTS = {
    "sql": "x'; DROP TABLE users; --",
    "sql pattern": '%" OR "1"="1',
    "nul": "a\x00b",
    "header": "a\r\nSet-Cookie: a=b",
    "path": "../../../etc/passwd",
    "windows path": "..\\..\\x",
    "escape sequence": "\x1b]0;owned\x07\x9b31m",
    "right to left": "a\u202egpj.exe",
    "surrogate": "\ud800",
    "markup": "<img src=x onerror=alert(1)>",
    "template": "${7*7}{{7*7}}%s%n",
    "formula": "=cmd|'/c calc'!A1",
    "number": "9" * 400,
    "infinite": "1e400",
    "not a number": "nan",
    "other digits": "٣",
    "long": "x" * 50_000,
}
FIELDS = {
    "/workloads": ("filter", "workload_name", "tags", "priority", "parameters", "sigma"),
    "/users": ("name", "password", "role", "quota_bytes", "quota_images", "quota_workloads"),
    "/tokens": ("name", "scopes", "expires_in_hours"),
    "/webhooks": ("url", "name", "events", "workload_id"),
}
BESIDE = {"/workloads": {}, "/webhooks": {"url": "https://hooks.example/"}}  # what else a request has
QUERIES = {
    "/audit": ("action", "who", "address", "target", "since", "until", "limit", "after"),
    "/tokens": ("user", "limit", "after"),
    "/users": ("limit", "after"),
    "/workloads": ("limit", "after"),
    "/webhooks": ("limit", "after"),
}
JSON = "application/json"


def harmless(api: Api, method: str, path: str, **more: Any) -> int:
    """The answer's status, which blames nobody but the client; what it says is JSON, in clean headers."""
    answer = api.ask(method, path, "admin", **more)
    assert answer.status_code < 500, f"{method} {path[:100]}: {answer.text}"
    assert "Set-Cookie" not in answer.headers
    assert answer.is_json or answer.status_code == 200, "a problem is a JSON document"
    return answer.status_code


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_fields(api: Api, text: str) -> None:
    for path, names in FIELDS.items():
        for name in names:
            for value in (text, [{text: [text]}]):
                beside = BESIDE.get(path, {"name": "mallory", "password": "mallory's own"})
                given = {**beside, name: value}
                harmless(api, "POST", path, data=json.dumps(given), content_type=JSON)
    wrong = json.dumps({"password": "another one", "current_password": text})
    assert harmless(api, "PATCH", "/users/admin", data=wrong, content_type=JSON) in {400, 403}
    assert api.login("admin").status_code in {200, 429}, "users are as they were"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_paths_and_queries(api: Api, text: str) -> None:
    spelled = quote(text[:5000].encode("utf-8", "surrogatepass"), safe="")
    for method, rule in sorted(inventory(api)):
        if "<" in rule:
            path = rule.replace("<", "{").replace(">", "}")
            for name in (
                "workload_id",
                "image_id",
                "user_name",
                "token_id",
                "worker_id",
                "webhook_id",
                "name",
            ):
                path = path.replace("{" + name + "}", spelled)
            status = harmless(api, method, path)
            assert status >= 400, f"{method} {rule} did something to nothing"
    for path, names in QUERIES.items():
        for name in names:
            harmless(api, "GET", f"{path}?{name}={spelled}")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_names_and_passwords_of_a_login(api: Api, text: str) -> None:
    clean = text.encode(errors="replace").decode()
    assert api.login(clean, PASSWORD).status_code == 401
    assert api.login("alice", clean).status_code == 401


def test_the_tables_are_all_there(api: Api) -> None:
    def tables() -> set[str]:
        with closing(sqlite3.connect(api.database)) as connection:
            return {
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }

    before = tables()
    for text in (TEXTS["sql"], TEXTS["sql pattern"]):
        for name in QUERIES["/audit"]:
            harmless(api, "GET", f"/audit?{name}={quote(text)}")
        harmless(api, "POST", "/tokens", json={"name": text})
    assert tables() == before
    assert TEXTS["sql"] in [
        token["name"] for token in api.ask("GET", "/tokens", "admin").get_json()["tokens"]
    ]


@pytest.mark.parametrize(
    "given", ["000999", "0009999999999999999999", "05", 10, -1, 5.0, 10**300, True, "\uff15"]
)
def test_a_priority_is_one_of_ten(api: Api, given: object) -> None:
    """Leading zeros once led past the bound."""
    assert api.ask("POST", "/workloads", json={"priority": given}).status_code == 400


@pytest.mark.parametrize(
    "name", ["a\u3164b", "a\ufe0fb", "\u115fa", "a\U000e0100b", "a\u200bb", "a\u202eb", "a\u0000b"]
)
def test_no_name_has_letters_that_nobody_sees(api: Api, name: str) -> None:
    assert api.ask("POST", "/workloads", json={"workload_name": name}).status_code == 400


@pytest.mark.parametrize("hours", [10**400, 1e308, float("nan"), "9" * 400, -1, 0, True])
def test_a_token_does_not_live_for_ever(api: Api, hours: object) -> None:
    answer = api.ask(
        "POST", "/tokens", data=json.dumps({"name": "a", "expires_in_hours": hours}), content_type=JSON
    )
    assert answer.status_code in {400, 201}
    assert answer.status_code == 400 or hours is True, "JSON's true is 1 to Python"


@pytest.mark.parametrize("shape", [("[", "]"), ('{"a":', "}"), ('[{"outputs":', "}]")])
def test_nesting_without_end(api: Api, shape: tuple[str, str]) -> None:
    """At the depth where one recursion still ends, the next one may not."""
    for depth in (10, 200, *range(900, 1000, 10), 4000):
        body = f'{{"filter": {shape[0] * depth}1{shape[1] * depth}}}'
        answer = api.ask("POST", "/workloads", data=body, content_type=JSON)
        assert answer.status_code in {400, 422}, answer.text[:200]


@pytest.mark.parametrize("limit", ["0", "1001", "99999999999", "-1", "1e2", "\uff11", "9" * 5000])
def test_pages_have_bounds(api: Api, limit: str) -> None:
    worker = api.worker()
    for path in ("/workloads?limit", "/tokens?limit", f"/workers/{worker.id}/samples?minutes"):
        expected = 200 if (limit, path[-7:]) == ("1001", "minutes") else 400
        assert api.ask("GET", f"{path}={quote(limit)}").status_code == expected
