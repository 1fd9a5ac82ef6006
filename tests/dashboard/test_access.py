"""Nothing that axe-core finds fault with, in any state, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.visitor import visitor

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faultless(page: Page, state: str) -> None:
    page.evaluate("document.fonts.ready")
    found = Axe().run(page, options=RULES).response["violations"]
    told = [
        (one["id"], [node["html"][:200] + node["failureSummary"] for node in one["nodes"]]) for one in found
    ]
    assert not told, f"{state}: {told}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state(browser: Browser, url: str, pictures: list[Path], scheme: str) -> None:
    with visitor(browser, url, color_scheme=scheme) as someone:
        page = someone.page
        page.goto(url)
        page.get_by_role("button", name="Sign in").click()
        faultless(page, "sign-in with a mistake")
        someone.at_work()
        faultless(page, "new, empty")
        someone.choose(pictures[:3])
        someone.write_pipeline("unsharp_mask|duotone|watermark:text=mine|resize:width=300|convert")
        expect(page.locator(".previewer .caption")).to_contain_text("jpeg")
        faultless(page, "new, filled")
        page.get_by_role("button", name="Add a filter").click()
        faultless(page, "filters")
        page.keyboard.press("Escape")
        someone.start(f"seen in {scheme}")
        someone.completed()
        expect(page.locator(".tile canvas.there")).to_have_count(3)
        faultless(page, "workload")
        page.locator(".tile button").first.click()
        expect(page.get_by_role("dialog").locator("img.after")).to_be_visible()
        faultless(page, "picture")
        page.keyboard.press("Escape")
        for tab in ("Failures", "Where it ran"):
            page.get_by_role("link", name=tab).click()
            expect(page.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
            expect(page.locator(".tab-body > *:visible").first).to_be_visible()
            faultless(page, tab)
        page.get_by_role("button", name="Delete").click()
        faultless(page, "question")
        page.keyboard.press("Escape")
        for place in ("Workloads", "Workers"):
            someone.go(place)
            expect(page.locator(".workload, .worker").first).to_be_visible()
            if place == "Workers":
                expect(page.get_by_text("CPU in 24 h")).to_be_visible()
            faultless(page, place)
        someone.go("Account")
        for tab in ("Users", "Tokens", "Password", "Audit"):
            page.get_by_role("link", name=tab).click()
            expect(page.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
            expect(page.locator(".tab-body > *:visible").first).to_be_visible()
            faultless(page, tab)
