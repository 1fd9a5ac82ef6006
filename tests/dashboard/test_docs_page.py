"""/docs: the API's description for people."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.test_access import faultless


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_request_is_found_and_opened(browser: Browser, url: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{url}/docs#workloads_create")
        made = page.locator("#workloads_create")
        expect(made).to_have_attribute("open", "")
        expect(made).to_contain_text('"workload_name": "holiday"')
        made.get_by_text("fields", exact=True).first.click()
        expect(made).to_contain_text("Gaussian blur")
        page.get_by_role("searchbox").fill("replay")
        expect(page.locator(".operation:visible")).to_have_count(2)
        page.get_by_role("searchbox").fill("")
        page.evaluate("for (const one of document.querySelectorAll('.operation')) one.open = true")
        expect(page.locator(".operation .answers").last).to_be_visible()
        faultless(page, "every request open")
        assert not wrong
    finally:
        context.close()
