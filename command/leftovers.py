"""What a killed `dpip up` left running: its components hold ports and names that the next one needs."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import psutil

from dpip.settings import ENV_PREFIX

MARK = f"{ENV_PREFIX}UP"  # in the environment of every component: whose it is
END_WITHIN_S = 3.0
_KILLED_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.05


def mark(lock: Path) -> str:
    """Of the home with this lock. Not its path: two containers may call different folders the same."""
    status = lock.stat()
    return f"{status.st_dev}:{status.st_ino}"


def end_leftovers(lock: Path) -> None:
    """For who holds the lock: no component that bears its mark belongs to anybody who lives.

    The kernel asked them to end when their parent died. Those that are stopped or busy do not; what is killed
    loses nothing. Ray's own processes are seen to by whoever starts a node next.
    """
    stubborn = _left(_marked(mark(lock)), END_WITHIN_S)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _left(stubborn, _KILLED_WITHIN_S)


def _marked(value: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == value:
                found.append(process)
    return found


def _left(processes: list[psutil.Process], within_s: float) -> list[psutil.Process]:
    """Those that have not ended in time."""
    deadline = time.monotonic() + within_s
    while (alive := [one for one in processes if _alive(one)]) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
    return alive


def _alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
