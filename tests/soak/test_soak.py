"""The parts of `make soak`, and a minute's fraction of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.__main__ import soak
from tests.soak.memory import role_of, trend


def test_what_grows_is_told_from_what_is_flat_after_a_warm_up() -> None:
    warm = [(minute / 10, 100.0 + min(minute, 30)) for minute in range(100)]
    assert trend("api", warm).flat
    leaking = [(minute / 10, 100.0 + 0.5 * minute) for minute in range(100)]
    found = trend("api", leaking)
    assert not found.flat
    assert found.mib_per_hour == pytest.approx(300)


def test_processes_are_told_apart_by_their_command_lines() -> None:
    assert role_of(["python", "-P", "-m", "worker", "--worker-name", "a"]) == "worker"
    assert role_of(["ray::WorkerActor.run"]) == "worker actor"
    assert role_of(["python", "-m", "command", "up"]) == "supervisor"
    assert role_of(["bash"]) is role_of([]) is None


@pytest.mark.system
@pytest.mark.ray
def test_a_short_soak_sees_all_processes_and_draws_them(tmp_path: Path) -> None:
    done, trends = soak(120.0, tmp_path / "soak.svg", images=1, every_s=0.2)
    assert done > 0
    roles = {one.role for one in trends}
    assert roles >= {"api", "controller", "scheduler", "supervisor", "worker", "worker actor"}
    assert "worker actor" in (tmp_path / "soak.svg").read_text()
