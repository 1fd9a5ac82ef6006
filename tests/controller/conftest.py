from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datastore import Datastore, open_datastore
from tests.controller.fakes import Announcements, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def announcements() -> Announcements:
    return Announcements()


@pytest.fixture
def datastore(tmp_path: Path) -> Iterator[Datastore]:
    with open_datastore(f"sqlite:///{tmp_path / 'dpip.sqlite3'}") as opened:
        yield opened
