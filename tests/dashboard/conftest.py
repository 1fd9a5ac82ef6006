"""One freshly started system and one real browser for all tests of the page.

They end with the last of them: while Playwright runs, nobody else in this process can use asyncio.run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser

from tests.dashboard.browsers import chromium
from tests.dashboard.visitor import Visitor, visitor
from tests.pictures import photographs
from tests.system.system import System

PICTURES = 6


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        if found is None:
            pytest.skip("no Chromium here: apt-get install -y chromium")
        yield found


@pytest.fixture(scope="package")
def system(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    started = System(tmp_path_factory.mktemp("home"), workers=1)
    family: list[psutil.Process] = []
    try:
        started.ready().close()
        yield started
        family = started.descendants()
    finally:
        started.stop()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive, f"left behind: {alive}"


@pytest.fixture(scope="package")
def url(system: System) -> str:
    record = system.record("api")
    assert record is not None
    return str(record["url"])


@pytest.fixture
def someone(browser: Browser, url: str) -> Iterator[Visitor]:
    """Nobody who is signed in yet."""
    with visitor(browser, url) as made:
        yield made


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    made = []
    for picture in photographs(PICTURES, smallest=0.1, largest=0.4):
        file = folder / picture.name
        file.write_bytes(picture.data)
        made.append(file)
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/dashboard/" in item.nodeid:
            item.add_marker(pytest.mark.system)
