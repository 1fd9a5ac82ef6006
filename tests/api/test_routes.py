"""Which routes there are, and that every error is a problem document."""

from __future__ import annotations

import logging

import pytest

from tests.api.conftest import Api


def inventory(api: Api) -> list[tuple[str, str]]:
    return sorted(
        (method, rule.rule)
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
    )


def test_the_contract_is_there(api: Api) -> None:
    promised = {
        ("POST", "/login"),
        ("DELETE", "/logout"),
        ("GET", "/status"),
        ("POST", "/workloads"),
        ("GET", "/workloads/<workload_id>"),
        ("POST", "/images"),
        ("GET", "/images/<image_id>"),
    }
    assert promised <= set(inventory(api))


def test_every_route_stands_in_the_index(api: Api) -> None:
    told = set(api.ask("GET", "/", None).get_json()["endpoints"])
    assert told == {f"{m} {r}".replace("<", "{").replace(">", "}") for m, r in inventory(api)}


def test_who_is_asked_for_what(api: Api) -> None:
    """Who may do what stands in test_matrix.py."""
    for path, scheme in (("/login", "Basic"), ("/logout", "Bearer")):
        answer = api.ask("POST" if path == "/login" else "DELETE", path, None)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith(f'{scheme} realm="DPIP"')


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/nothing/here", 404, "nothing at /nothing/here"),
        ("PUT", "/status", 405, "it takes GET"),
        ("OPTIONS", "/status", 405, "it takes GET"),
    ],
)
def test_unknown_routes_are_problems_too(api: Api, method: str, path: str, status: int, says: str) -> None:
    answer = api.ask(method, path)
    document = answer.get_json(force=True)
    assert answer.status_code == document["status"] == status
    assert answer.mimetype == "application/problem+json"
    assert set(document) == {"type", "title", "status", "detail", "instance"}
    assert says in document["detail"]
    assert document["instance"] == path


def test_an_unexpected_error_shows_an_id_and_logs_the_rest(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(api.parts.register, "workers", lambda **_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        answer = api.ask("GET", "/workers")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "Traceback" not in answer.text
    (record,) = caplog.records
    assert record.dpip_fields["incident"] == answer.get_json(force=True)["incident"]  # type: ignore[attr-defined]
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError
