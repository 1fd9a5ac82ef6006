"""Ending processes: asking first, then not asking; and finding those that lost their parents."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

NODE_MARK = "DPIP_RAY_NODE"  # in the environment of every process of a node: the node's folder
RAY_TITLE = "ray::"
STOP_WITHIN_S = 8.0


def end(processes: Sequence[psutil.Process], within_s: float = STOP_WITHIN_S) -> None:
    """SIGTERM, and SIGKILL for those that are still there after `within_s`. Returns when all are gone."""
    _signal(processes, "terminate")
    _, stubborn = psutil.wait_procs(processes, timeout=within_s)
    _signal(stubborn, "kill")
    psutil.wait_procs(stubborn, timeout=STOP_WITHIN_S)


def descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def of_node(folder: Path) -> list[psutil.Process]:
    """Processes of this user that belong to the Ray node in `folder`, whoever their parent is."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and _belongs(process, str(folder)):
                found.append(process)
    return found


def _belongs(process: psutil.Process, folder: str) -> bool:
    if process.environ().get(NODE_MARK) == folder:
        return True
    # Processes that Ray gives a title of its own lose their environment to it; their logs stay open.
    title = process.cmdline()[:1]
    return bool(title) and title[0].startswith(RAY_TITLE) and _has_open(process.pid, folder + "/")


def _has_open(pid: int, prefix: str) -> bool:
    """True when it has a file open below a folder, be it one that was removed meanwhile."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(entry.readlink()).startswith(prefix):
                return True
    return False


def same_process(pid: int, created: float) -> bool:
    """True while the process that was started at `created` runs; a recycled id does not count."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _signal(processes: Iterable[psutil.Process], verb: str) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            getattr(process, verb)()
