"""After a killed `dpip up`: the next one gets what it needs, and a full disk is no reason to refuse it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from command.leftovers import MARK, mark
from command.lock import held, lock_file
from dpip.home import Home
from tests import disks

LISTENING = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1]); \
sys.stdout.flush(); input()"


def component(stack: ExitStack, belongs_to: str | None) -> tuple[subprocess.Popen[bytes], int]:
    """A process that listens on a port, and does not hear that it should end: it is stopped."""
    environment = {**os.environ, **({MARK: belongs_to} if belongs_to else {})}
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-c", LISTENING],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    )
    stack.callback(process.kill)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    process.send_signal(signal.SIGSTOP)
    return process, port


def test_what_a_killed_one_left_running_has_ended_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command.leftovers.END_WITHIN_S", 0.1)
    mine, other = Home(tmp_path / "mine"), Home(tmp_path / "other")
    for home in (mine, other):
        with held(home):
            pass
    with ExitStack() as stack:
        left, port = component(stack, mark(lock_file(mine)))
        anothers, _ = component(stack, mark(lock_file(other)))
        nobodys, _ = component(stack, None)
        with held(mine):
            assert left.wait(10) == -signal.SIGKILL
            socket.create_server(("127.0.0.1", port)).close()
        assert anothers.poll() is None
        assert nobodys.poll() is None


def test_a_full_disk_does_not_refuse_the_start(tmp_path: Path) -> None:
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(disks.small_disk(tmp_path / "disk", 1))
        except disks.CannotMount as reason:
            pytest.skip(str(reason))
        home = Home(disk)
        home.ensure_folder(home.run)
        lock_file(home).touch()
        disks.fill(disk / "somebody-elses")
        with held(home):
            assert not lock_file(home).read_bytes(), "there was no room for it"
