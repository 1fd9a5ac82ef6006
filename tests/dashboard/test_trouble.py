"""What the page does when something is away, busy or broken."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Route, expect

from tests.dashboard.visitor import Visitor
from tests.pictures import broken_png
from tests.system.system import System


def test_the_server_is_killed_and_comes_back(someone: Visitor, system: System, pictures: list[Path]) -> None:
    page = someone.page
    someone.at_work()
    someone.choose(pictures)
    someone.start("through thick and thin")
    someone.completed()
    os.kill(system.up.pid, signal.SIGSTOP)  # so that nobody starts it again at once
    try:
        system.kill("api")
        expect(page.locator(".away")).to_be_visible()
    finally:
        os.kill(system.up.pid, signal.SIGCONT)
    expect(page.locator(".away")).to_be_hidden()
    someone.go("Workloads")
    expect(page.get_by_role("link", name="through thick and thin")).to_be_visible()
    someone.trouble.clear()  # the browser speaks of refused connections


def test_away_when_one_signs_in(someone: Visitor) -> None:
    page = someone.page
    page.goto(someone.url)
    page.route("**/login", lambda route: route.abort())
    page.get_by_label("User").fill("x")
    page.get_by_label("Password").fill("y")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The server does not answer. Is it running?")
    page.get_by_label("Password").fill("")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Say your password, too.")


def test_uploads_wait_as_long_as_they_are_asked_to(someone: Visitor, pictures: list[Path]) -> None:
    asked: list[float] = []

    def busy_at_first(route: Route) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            route.fulfill(
                status=429,
                headers={"Retry-After": "2", "Content-Type": "application/problem+json"},
                body='{"detail": "too many uploads at the same time"}',
            )
        else:
            route.continue_()

    page = someone.page
    someone.at_work()
    page.route(lambda url: url.endswith("/images"), busy_at_first)  # listings have a query
    someone.choose(pictures)
    someone.start("patience")
    expect(page.locator(".upload-line")).to_contain_text("too many uploads")
    someone.completed()
    first, second = asked
    assert second - first >= 2
    assert someone.figure("Done") == str(len(pictures))


def test_what_the_server_kept_is_not_sent_again(someone: Visitor, pictures: list[Path]) -> None:
    """The connection breaks when the server has kept everything and is about to say so."""
    lost: list[str] = []
    page = someone.page
    someone.at_work()
    devtools = page.context.new_cdp_session(page)

    def lose(event: dict[str, Any]) -> None:
        lost.append(event["request"]["method"])
        devtools.send(
            "Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "ConnectionReset"}
        )

    devtools.on("Fetch.requestPaused", lose)
    devtools.send("Fetch.enable", {"patterns": [{"urlPattern": "*/images", "requestStage": "Response"}]})
    someone.choose(pictures)
    someone.start("a broken answer")
    someone.completed()
    assert lost == ["POST"], "it was sent once"
    expect(page.locator(".tile")).to_have_count(len(pictures))
    expect(page.locator(".upload-line")).to_have_count(0)
    assert someone.figure("Done") == str(len(pictures))


def test_failures_say_why_and_are_replayed(someone: Visitor, pictures: list[Path], tmp_path: Path) -> None:
    page = someone.page
    someone.at_work()
    someone.choose([pictures[0], broken_png(tmp_path / "rotten.png")])
    someone.start("with a failure")
    someone.completed()
    assert someone.figure("Failed") == "1"
    page.get_by_role("link", name="Failures").click()
    failure = page.locator(".failure")
    expect(failure).to_contain_text("rotten.png")
    expect(failure.locator("p")).not_to_be_empty()
    with page.expect_response(lambda response: response.url.endswith("/replay")) as answered:
        page.get_by_role("button", name="Replay 1 failure").click()
    assert answered.value.ok
    expect(page.get_by_text("The failures are tried again.").first).to_be_visible()
    someone.completed()


def test_a_dead_token_leads_to_the_sign_in(someone: Visitor) -> None:
    page = someone.page
    someone.at_work()
    page.evaluate(
        "fetch('/logout', {method: 'DELETE', headers: {Authorization: "
        "`Bearer ${JSON.parse(sessionStorage['dpip.session']).token}`}})"
    )
    someone.go("Workers")
    expect(page.get_by_role("alert")).to_contain_text("run out")
    someone.at_work()


def test_a_wrong_pipeline_is_told_of_where_it_stands(someone: Visitor, pictures: list[Path]) -> None:
    page = someone.page
    someone.at_work()
    someone.write_pipeline("blurr")
    expect(page.locator(".previewer .trouble")).to_contain_text("blur")
    someone.write_pipeline("{large=grayscale;small=resize:width=100}")
    expect(page.locator(".panel .note")).to_be_visible()
    expect(page.locator(".previewer .trouble")).to_be_hidden()
    someone.choose(pictures[:1])
    someone.start("two outputs")
    someone.completed()


def test_unknown_workloads_and_empty_ones(someone: Visitor) -> None:
    page = someone.page
    someone.at_work()
    page.goto(f"{someone.url}/#/workloads/nothing")
    expect(page.get_by_role("heading", name="No such workload")).to_be_visible()
