"""The end-to-end script against a system of its own; and against one that is not there."""

from __future__ import annotations

import pytest

from tests.e2e import video_roundtrip
from tests.e2e.__main__ import main


@pytest.mark.ray
@pytest.mark.system
def test_a_video_goes_through_and_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    flags = ["--frames", "20", "--width", "480", "--height", "270", "--filter", "blur"]
    assert main([*flags, "--uploads-at-once", "4"]) == 0
    assert "all 20 frames are there, in order, and right" in capfd.readouterr().out


def test_it_fails_when_nobody_answers(capfd: pytest.CaptureFixture[str]) -> None:
    flags = ["--url", "http://127.0.0.1:1", "--frames", "2", "--width", "480", "--height", "270"]
    assert video_roundtrip.main(flags) == 1
    assert "wrong:" in capfd.readouterr().out
