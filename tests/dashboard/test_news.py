"""News come to the page over one stream; polling is the fall-back."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.dashboard.visitor import Visitor


def test_the_page_listens_and_hears(someone: Visitor, pictures: list[Path]) -> None:
    page = someone.page
    with page.expect_response("**/events") as answered:
        someone.go("Workloads")
    assert answered.value.status == 200
    assert answered.value.headers["content-type"].startswith("text/event-stream")
    someone.go("New")
    someone.choose(pictures[:1])
    someone.start("heard of")
    someone.completed()


def test_without_a_stream_it_polls(someone: Visitor, pictures: list[Path]) -> None:
    someone.page.route("**/events", lambda route: route.abort())
    someone.choose(pictures[:1])
    someone.start("not heard of")
    someone.completed()
    expect(someone.page.locator(".away")).to_be_hidden()
