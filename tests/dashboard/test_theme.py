"""Light and dark: as the system has it, or as somebody chose."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

CSS = Path(__file__).parents[2] / "dashboard" / "static" / "base.css"
PAPER = {"light": "rgb(245, 243, 239)", "dark": "rgb(19, 18, 16)"}


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("chosen", [None, "light", "dark"])
def test_a_choice_wins_over_the_system(browser: Browser, system: str, chosen: str | None) -> None:
    context = browser.new_context(color_scheme=system)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        theme = f' data-theme="{chosen}"' if chosen else ""
        page.set_content(f"<html{theme}><style>{CSS.read_text()}</style><body>x")
        shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert shown == PAPER[chosen or system]
    finally:
        context.close()
