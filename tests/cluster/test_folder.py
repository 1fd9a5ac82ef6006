"""Who may remove which folder, and end which processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cluster import folder as folders
from cluster.folder import make_folder, remove_folder, sweep
from cluster.processes import NODE_MARK

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(300)"]


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "PLACE", tmp_path)


@pytest.fixture
def sleeper() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def start(started: list[subprocess.Popen[bytes]], **environment: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(SLEEP, env=os.environ | environment, stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def abandon(folder: Path) -> None:
    """As if its owner had been killed."""
    owner = json.loads((folder / "owner.json").read_text()) if (folder / "owner.json").exists() else {}
    (folder / "owner.json").write_text(json.dumps({"pid_space": "", **owner, "created": 1.0}))


def test_a_folder_is_its_owners_alone() -> None:
    assert make_folder().stat().st_mode & 0o077 == 0


def test_the_folder_of_a_living_owner_stays() -> None:
    folder = make_folder()
    assert sweep() == 0
    assert folder.is_dir()


def test_an_abandoned_node_goes_with_its_processes_and_no_others(
    sleeper: list[subprocess.Popen[bytes]],
) -> None:
    folder, other = make_folder(), make_folder()
    left = start(sleeper, **{NODE_MARK: str(folder)})
    innocent = start(sleeper, **{NODE_MARK: str(other)})
    stranger = start(sleeper)
    abandon(folder)
    assert sweep() == 1
    assert not folder.exists()
    assert not psutil.pid_exists(left.pid)
    assert other.is_dir()
    assert innocent.poll() is None
    assert stranger.poll() is None


@pytest.mark.parametrize("here", ["the machine", "a container"])
def test_only_the_machine_knows_that_a_container_is_gone(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what runs beside it, a container sees nothing: a process id means another process there."""
    own = folders._pid_space()
    monkeypatch.setattr(folders, "_MACHINE", own if here == "the machine" else "pid:[2]")
    folder = make_folder()
    abandon(folder)
    owner = json.loads((folder / "owner.json").read_text())
    (folder / "owner.json").write_text(json.dumps(owner | {"pid_space": "pid:[1]"}))
    assert sweep() == (1 if here == "the machine" else 0)
    assert folder.is_dir() == (here == "a container")


def test_what_has_no_owner_written_down_is_left_alone(tmp_path: Path) -> None:
    strange = tmp_path / "dpip-ray-strange"
    strange.mkdir()
    (tmp_path / "dpip-ray-broken").mkdir()
    (tmp_path / "dpip-ray-broken" / "owner.json").write_text("{")
    assert sweep() == 0
    assert strange.is_dir()


def test_a_process_that_lost_its_environment_to_a_title_is_known_by_its_log(
    sleeper: list[subprocess.Popen[bytes]],
) -> None:
    """As Ray's agents do when they outlive a killed node."""
    folder = make_folder()
    code = "import time; print('up', flush=True); time.sleep(300)"
    with (folder / "agent.log").open("w") as log:
        agent = subprocess.Popen(
            ["ray::SomeAgent", "-c", code],
            executable=sys.executable,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    sleeper.append(agent)
    assert agent.stdout is not None
    agent.stdout.readline()
    abandon(folder)
    assert sweep() == 1
    assert not psutil.pid_exists(agent.pid)


def test_a_link_to_another_folder_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    abandon(precious)
    (tmp_path / "dpip-ray-link").symlink_to(precious)
    assert sweep() == 0
    assert precious.is_dir()


def test_a_process_that_ignores_the_request_is_killed(
    sleeper: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder()
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
    monkeypatch.setattr(sys.modules[__name__], "SLEEP", [sys.executable, "-c", code])
    monkeypatch.setattr("cluster.processes.end.__defaults__", (0.2,))
    stubborn = start(sleeper, **{NODE_MARK: str(folder)})
    remove_folder(folder)
    assert not psutil.pid_exists(stubborn.pid)
    assert not folder.exists()
