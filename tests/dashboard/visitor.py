"""Somebody at the page: what a person does there, in a few words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.system.system import PASSWORD, USER

WITHIN_MS = 60_000.0
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
expect.set_options(timeout=WITHIN_MS)  # a machine may be busy with other things
_ANSWERED = re.compile("Failed to load resource")  # the browser's own word for every 4xx


class Visitor:
    """Wraps a page of a browser; `trouble` is what the browser complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.trouble: list[str] = []
        page.set_default_timeout(WITHIN_MS)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not _ANSWERED.search(message.text):
            self.trouble.append(message.text)

    def sign_in(self, password: str = PASSWORD) -> None:
        self.sign_in_as(USER, password)

    def sign_in_as(self, user: str, password: str) -> None:
        self.page.goto(self.url)
        self.page.get_by_label("User").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def at_work(self) -> None:
        self.sign_in()
        expect(self.page.get_by_role("heading", name="New workload")).to_be_visible()

    def go(self, place: str) -> None:
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=place).click()

    def choose(self, files: list[Path]) -> None:
        self.page.get_by_label("Pictures, videos or an archive").set_input_files(
            [str(file) for file in files]
        )

    def write_pipeline(self, text: str) -> None:
        self.page.get_by_label("As text").fill(text)

    def start(self, name: str) -> None:
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_role("button", name=re.compile("^Filter ")).click()
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()

    def completed(self) -> None:
        expect(self.page.locator(".title .pill")).to_have_text("Completed", timeout=WITHIN_MS)

    def figure(self, name: str) -> str:
        return self.page.locator(".figure", has_text=name).locator("dd").inner_text()

    def tab_to(self, label: str, most: int = 120) -> None:
        """By the Tab key, as who has no mouse: until what has the focus is called so."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            name = self.page.evaluate(
                "() => { const e = document.activeElement; const l = e.labels?.[0]?.textContent ?? '';"
                "return (e.getAttribute('aria-label') ?? '') + '|' + l + '|' + (e.textContent ?? '').trim() }"
            )
            if label in name:
                return
        raise AssertionError(f"the Tab key never came to {label!r}")


@contextmanager
def visitor(browser: Browser, url: str, **context: Any) -> Iterator[Visitor]:
    """Fails at the end when the browser complained of anything."""
    options = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **context}
    with browser.new_context(**options) as made:
        someone = Visitor(made.new_page(), url)
        yield someone
        assert not someone.trouble, someone.trouble
