"""What a test must not leave behind: processes, and threads that would keep the process alive."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import psutil

GONE_WITHIN_S = 5.0
_STEP_S = 0.02


@dataclass(frozen=True)
class Snapshot:
    threads: frozenset[threading.Thread]
    processes: frozenset[psutil.Process]


def snapshot() -> Snapshot:
    """Daemon threads and zombies do not count: the first end with us, the second have ended."""
    threads = frozenset(thread for thread in threading.enumerate() if not thread.daemon)
    return Snapshot(threads, frozenset(filter(_alive, psutil.Process().children(recursive=True))))


def left_since(before: Snapshot, within_s: float = GONE_WITHIN_S) -> list[str]:
    """What was not there before and does not go away within the time, in words."""
    deadline = time.monotonic() + within_s
    while True:
        now = snapshot()
        threads = now.threads - before.threads
        processes = {one for one in now.processes - before.processes if not _of(one, before.processes)}
        if not (threads or processes) or time.monotonic() > deadline:
            return [f"thread {thread.name}" for thread in threads] + [_words(one) for one in processes]
        time.sleep(_STEP_S)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _of(process: psutil.Process, keepers: frozenset[psutil.Process]) -> bool:
    """True when a process that was there before started it: a supervisor mends its own system."""
    try:
        return any(parent in keepers for parent in process.parents())
    except psutil.Error:
        return False


def _words(process: psutil.Process) -> str:
    try:
        return f"process {process.pid}: {' '.join(process.cmdline())[:120]}"
    except psutil.Error:
        return f"process {process.pid}"
