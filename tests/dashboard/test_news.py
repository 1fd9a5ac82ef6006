"""The page stays up to date by itself: told by a stream, by looking where there is none, and now and then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.dashboard.visitor import Visitor
from tests.system.client import Client
from tests.system.system import System

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def elsewhere(system: System) -> Iterator[Client]:
    """Somebody who works without the page."""
    client = system.client()
    yield client
    client.close()


def streams(page: Page) -> list[Request]:
    """Those that the page opens from now on."""
    opened: list[Request] = []
    page.on("request", lambda one: opened.append(one) if one.url.endswith("/events") else None)
    return opened


def hears_of(page: Page, name: str) -> None:
    """The page's clock stands, but for two seconds in small steps: the next look is further away."""
    link = page.get_by_role("link", name=name)
    for _ in range(40):
        page.clock.run_for(50)
        if link.is_visible():
            return
        page.wait_for_timeout(250)  # of our time
    raise AssertionError(f"nobody told the page of {name!r}")


def test_one_stream_tells_the_page_what_others_do(
    someone: Visitor, elsewhere: Client, pictures: list[Path]
) -> None:
    page = someone.page
    opened = streams(page)
    page.clock.install()
    someone.at_work()
    assert not opened, "nothing here is followed"
    with page.expect_response("**/events") as stream:
        someone.go("Workloads")
    assert stream.value.headers["content-type"].startswith("text/event-stream")
    expect(page.locator(".workloads .loading")).to_have_count(0)
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    workload = elsewhere.create("told by the stream")
    elsewhere.upload(workload, pictures[0].name, pictures[0].read_bytes())
    hears_of(page, "told by the stream")
    page.clock.resume()
    page.get_by_role("link", name="told by the stream").click()
    someone.completed()
    elsewhere.upload(workload, pictures[1].name, pictures[1].read_bytes())
    expect(page.locator(".gallery > li")).to_have_count(2)
    assert len(opened) == 1, "the next view listens to the same stream"
    with page.expect_event("requestfailed", lambda one: one.url.endswith("/events")):
        someone.go("New")
    assert len(opened) == 1, "and none is kept where nobody listens"


def test_a_page_that_nobody_sees_holds_no_stream(someone: Visitor, elsewhere: Client) -> None:
    page = someone.page
    someone.at_work()
    with page.expect_response("**/events"):
        someone.go("Workloads")
    with page.expect_event("requestfailed", lambda one: one.url.endswith("/events")):
        page.evaluate(HIDE, True)
    elsewhere.create("made behind its back")
    with page.expect_response("**/events"):
        page.evaluate(HIDE, False)
    expect(page.get_by_role("link", name="made behind its back")).to_be_visible()


def test_where_no_stream_is_to_be_had_the_page_looks_for_itself(someone: Visitor, elsewhere: Client) -> None:
    page = someone.page
    page.route("**/events", lambda route: route.fulfill(status=429, headers={"Retry-After": "60"}))
    someone.at_work()
    someone.go("Workloads")
    expect(page.locator(".workloads")).to_be_visible()
    elsewhere.create("found by looking")
    expect(page.get_by_role("link", name="found by looking")).to_be_visible()


def test_the_charts_of_the_last_day_go_on(someone: Visitor, elsewhere: Client, pictures: list[Path]) -> None:
    page = someone.page
    page.clock.install()
    someone.at_work()
    someone.go("Workers")
    chart = page.locator("figure.chart", has_text="Pictures in 24 h").locator(".number")
    expect(chart).to_have_text(re.compile(r"^\d+$"))
    before = int(chart.inner_text())
    workload = elsewhere.create("for the charts")
    for picture in pictures[:2]:
        elsewhere.upload(workload, picture.name, picture.read_bytes())
    elsewhere.wait(workload)
    page.clock.fast_forward(20_000)
    expect(chart).to_have_text(str(before + 2))
