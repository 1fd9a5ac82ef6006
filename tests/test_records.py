"""The small files in which processes say how they are reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dpip.records import read_record, remove_record, write_record


def test_a_process_removes_its_own_record_and_not_its_successors(tmp_path: Path) -> None:
    file = tmp_path / "run" / "scheduler.json"
    remove_record(file)
    write_record(file, pid=os.getpid(), epoch=1)
    write_record(file, pid=os.getpid() + 1, epoch=2)
    remove_record(file)
    assert read_record(file) == {"pid": os.getpid() + 1, "epoch": 2}
    write_record(file, pid=os.getpid(), epoch=3)
    remove_record(file)
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_what_is_no_record_is_nobodys(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    assert read_record(file) is None
    remove_record(file)
    assert file.read_text() == text
