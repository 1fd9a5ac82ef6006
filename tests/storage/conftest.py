from __future__ import annotations

from pathlib import Path

import pytest

from dpip.ports import ImageStore
from storage import FolderStore, MemoryStore


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    """Every kind of image store; the same promises hold for all of them."""
    return FolderStore(tmp_path / "images") if request.param == "folder" else MemoryStore()
