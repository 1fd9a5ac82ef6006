"""What a browser can be made to do by another site, and what it and caches keep: nothing, by construction."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api
from tests.api.test_matrix import MATRIX
from tests.api.test_routes import inventory

EVIL = "https://evil.example"
OPEN = {rule for (_, rule), row in MATRIX.items() if row["nobody"] == 200} | {"/login"}


def test_no_answer_lets_another_site_read_it(api: Api) -> None:
    for method, rule in inventory(api):
        path = rule.replace("<", "").replace(">", "")
        answer = api.ask(method, path, "admin", headers={"Origin": EVIL})
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")], path
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "DELETE"}
    answer = api.ask("OPTIONS", "/workloads", None, headers=asked)
    assert answer.status_code == 405, "a preflight gets no permission"
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


def test_a_forged_request_of_another_site_does_nothing(api: Api) -> None:
    """A browser adds cookies and remembered passwords to what other sites send, but no token."""
    token = api.bearer("alice")["Authorization"].removeprefix("Bearer ")
    ambient = {
        "Origin": EVIL,
        "Cookie": f"token={token}; session={token}; Authorization=Bearer {token}",
    }
    before = api.rows()
    for method, rule in inventory(api):
        if rule in OPEN:
            continue
        path = rule.replace("<", "").replace(">", "")
        for sent in (
            {"headers": ambient},
            {"headers": ambient, "auth": ("alice", "correct horse")},
            {"headers": ambient, "data": b"filter=blur", "content_type": "text/plain"},
        ):
            assert api.ask(method, path, None, **sent).status_code == 401, f"{method} {rule}"
    assert api.rows() == before


def test_nobody_is_given_a_cookie(api: Api) -> None:
    for method, rule in inventory(api):
        answer = api.ask(method, rule.replace("<", "").replace(">", ""), "admin")
        assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in api.login("alice").headers


@pytest.mark.parametrize("name", ["token", "access_token", "Authorization", "bearer", "auth"])
def test_a_token_in_an_address_opens_nothing(api: Api, name: str) -> None:
    """It would stand in logs, histories and referrers."""
    token = api.bearer("alice")["Authorization"].removeprefix("Bearer ")
    assert api.ask("GET", f"/status?{name}={token}", None).status_code == 401
    assert api.ask("GET", f"/status?{name}=Bearer+{token}", None).status_code == 401


@pytest.mark.parametrize("path", ["/workloads//x", "/\\evil.example//x", "/workloads/"])
def test_no_address_leads_to_another_host(api: Api, path: str) -> None:
    """Two slashes once got a redirect to whatever host the request named, without a token."""
    answer = api.ask("GET", path, None, headers={"Host": "evil.example"})
    assert answer.status_code in {401, 404}
    assert "Location" not in answer.headers


def test_a_strangers_host_is_not_told_on(api: Api, jpeg: bytes) -> None:
    answer = api.ask("POST", "/workloads", headers={"Host": "evil.example"})
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith("/workloads/")
    assert "evil" not in answer.text


def test_what_is_private_is_kept_by_nobody(api: Api, jpeg: bytes) -> None:
    """But images, which never change: by the browser that fetched them, for the token that may see them."""
    image = api.original(api.workload()["workload_id"], jpeg)
    for method, rule in inventory(api):
        path = rule.replace("<workload_id>", image.rpartition("-")[0]).replace("<image_id>", "none")
        answer = api.ask(method if method != "DELETE" else "GET", path.replace("<", "").replace(">", ""))
        assert rule in OPEN or answer.headers["Cache-Control"] == "no-store", path
    fetched = api.ask("GET", f"/images/{image}")
    assert fetched.headers["Cache-Control"].startswith("private")
    assert "Authorization" in fetched.headers["Vary"]


def test_an_etag_is_no_way_to_ask_for_what_is_anothers(api: Api, jpeg: bytes) -> None:
    image = api.original(api.workload()["workload_id"], jpeg)
    etag = api.ask("GET", f"/images/{image}").headers["ETag"]
    for header in (
        {"If-None-Match": etag},
        {"If-None-Match": "*"},
        {"If-Match": etag},
        {"Range": "bytes=0-0"},
    ):
        answer = api.ask("GET", f"/images/{image}", "bob", headers=header)
        assert answer.status_code == 404
        assert "ETag" not in answer.headers


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("https://pictures.example", True),
        ("https://192.0.2.7:8080", True),
        ("http://pictures.example", False),
        ("https://localhost:8080", False),
        ("https://127.0.0.1:8080", False),
        ("https://[::1]:8080", False),
    ],
)
def test_https_stays_https(api: Api, base: str, told: bool) -> None:
    """Not on this machine: a browser would do so for every other program's port of it, too."""
    answer = api.ask("GET", "/health/live", None, base_url=base)
    assert ("Strict-Transport-Security" in answer.headers) is told
