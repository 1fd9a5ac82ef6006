"""The short form of `make attack`: always the same requests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.attack.__main__ import attacked

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")

CASES, SEED = 2, 1  # of each kind for each operation


def test_no_answer_is_off_the_description(tmp_path: Path) -> None:
    attack = attacked(tmp_path, CASES, SEED)
    assert not attack.wrong, "\n\n".join(attack.wrong)
    assert attack.statuses.total() > 100
    assert {200, 201, 400, 404} <= set(attack.statuses)
