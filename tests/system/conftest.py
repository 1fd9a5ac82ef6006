from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.system.system import System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running system with two workers that many tests share; at its end no process of it may be left."""
    yield from running_system(tmp_path_factory.mktemp("home"))


def running_system(folder: Path) -> Iterator[System]:
    started = System(folder, DPIP_WEBHOOK_ALLOW="127.0.0.1")
    family: list[psutil.Process] = []
    try:
        yield started
        family = started.descendants()
    finally:
        started.stop()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive, f"left behind: {alive}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system/" in item.nodeid:
            item.add_marker(pytest.mark.system)
