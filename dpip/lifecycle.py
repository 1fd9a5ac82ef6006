"""How processes start and stop: signals, supervised threads, and not outliving a parent.

The first SIGTERM or SIGINT asks for an orderly stop (`Stop.requested`), the second ends the process.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)

EXIT_KILLED = 130  # a second signal came while the process was stopping
EXIT_BROKEN = 70  # a thread that the process cannot do without has died (EX_SOFTWARE)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Stop:
    """A request to stop, as an event that loops wait on."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason: str | None = None

    def request(self, reason: str) -> None:
        if not self._event.is_set():
            self.reason = reason
            self._event.set()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until a stop is requested (True) or the time is up (False)."""
        return self._event.wait(timeout_s)


def stop_on_signals(stop: Stop) -> None:
    """Install the handlers for SIGTERM and SIGINT; call it from the main thread, once per process."""

    def handle(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if stop.requested:
            sys.stderr.write(f"{name} again: stopping at once\n")
            os._exit(EXIT_KILLED)
        stop.request(name)

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


class Supervised:
    """A named thread whose death by an exception takes the component down instead of hiding."""

    def __init__(self, name: str, run: Callable[[], None], stop: Stop) -> None:
        self._stop = stop
        self._run = run
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._guard, name=name, daemon=True)

    def start(self) -> Supervised:
        self._thread.start()
        return self

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False when it did not in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _guard(self) -> None:
        try:
            self._run()
        except BaseException as error:  # the thread's last words; the component stops because of it
            self.failed = error
            log.exception("thread %s died", self._thread.name)
            self._stop.request(f"thread {self._thread.name} died: {error!r}")


def _prctl(option: int, argument: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0)


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send this process a signal when its parent dies (Linux; elsewhere: nothing)."""
    _prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent died, so that none escapes (Linux)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
