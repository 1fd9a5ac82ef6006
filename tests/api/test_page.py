"""The page's files: what browsers get at `/`, and that nothing but our own may run in it."""

from __future__ import annotations

import re

import pytest

import dashboard
from tests.api.conftest import Api

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_gets_the_page_and_a_program_the_index(api: Api) -> None:
    page = api.ask("GET", "/", None, headers=BROWSER)
    assert page.mimetype == "text/html"
    assert "Accept" in page.headers["Vary"]
    for accept in ("*/*", "application/json", ""):
        assert api.ask("GET", "/", None, headers={"Accept": accept}).is_json


def test_the_page_allows_only_what_is_ours(api: Api) -> None:
    policy = api.ask("GET", "/", None, headers=BROWSER).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", sorted(file.name for file in dashboard.FOLDER.iterdir()))
def test_every_file_is_served_or_a_licence(api: Api, name: str) -> None:
    answer = api.ask("GET", f"/assets/{name}", None)
    if name.endswith(".txt"):
        assert answer.status_code == 404
        return
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = api.ask("GET", f"/assets/{name}", None, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data


@pytest.mark.parametrize("name", ["..", "../__init__.py", "..%2f__init__.py", "no.js", "geist-LICENSE.txt"])
def test_nothing_else_is(api: Api, name: str) -> None:
    assert api.ask("GET", f"/assets/{name}", None).status_code == 404


def test_all_that_the_files_speak_of_is_there_and_none_of_it_elsewhere() -> None:
    for file in dashboard.FOLDER.iterdir():
        if file.suffix not in {".js", ".css", ".html", ".webmanifest"}:
            continue
        text = file.read_text()
        for name in re.findall(r"""(?:from|url\(|href=|src=)\s*["']?(?:\./|/assets/)([\w.-]+)""", text):
            assert dashboard.asset(name), f"{file.name} speaks of {name}"
        outside = set(re.findall(r"https?://[^\s\"')]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not outside, f"{file.name} speaks of {outside}"
        assert "innerHTML" not in text


def test_every_answer_tells_browsers_to_run_nothing_in_it(api: Api, jpeg: bytes) -> None:
    image_id = api.original(api.workload()["workload_id"], jpeg)
    for path in (f"/images/{image_id}", "/status", "/nothing"):
        answer = api.ask("GET", path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
