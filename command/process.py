"""One run of one component: its process, its output, and what it leaves behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable

import psutil

from command.components import Component
from dpip.lifecycle import die_with_parent

_CHUNK = 1 << 16
_LAST_LINES = 12


class Process:
    """A running component in a session of its own: Ctrl-C reaches the supervisor only.

    Start it from the main thread: the kernel ties the child to the thread that forked it.
    """

    def __init__(self, component: Component) -> None:
        self.component = component
        self.started_at = time.monotonic()
        self.exit_code: int | None = None
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._partial = b""
        self._popen = subprocess.Popen(
            component.arguments,
            env=dict(component.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_tie_to(os.getpid()),  # noqa: PLW1509 - this process has one thread
        )
        self.pid = self._popen.pid
        assert self._popen.stdout is not None  # noqa: S101 - it was asked for above
        self.output = self._popen.stdout.fileno()
        os.set_blocking(self.output, False)

    @property
    def lived_s(self) -> float:
        return time.monotonic() - self.started_at

    def read_lines(self) -> list[str] | None:
        """Lines that have come since the last call; None when it has closed its output, or ended."""
        try:
            data = os.read(self.output, _CHUNK)
        except BlockingIOError:
            return [] if self.exit_code is None else self._last_line()
        if not data:
            return self._last_line()
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _CHUNK:
            lines, self._partial = [*lines, self._partial], b""
        return self._decoded(lines)

    def _last_line(self) -> list[str] | None:
        lines, self._partial = [self._partial], b""
        return self._decoded(lines) if lines[0] else None

    def _decoded(self, lines: list[bytes]) -> list[str]:
        texts = [line.decode(errors="replace") for line in lines]
        self.last_lines.extend(texts)
        return texts

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, if it still runs."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def ended(self, exit_code: int) -> None:
        """Note how it ended, and kill what is left of its session: it may be in the next run's way."""
        self.exit_code = exit_code
        self._popen.returncode = exit_code
        self.kill_session()

    def kill_session(self) -> None:
        """SIGKILL every process that it started and that did not leave its session."""
        for pid in psutil.pids():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getsid(pid) == self.pid and (pid != self.pid or self.exit_code is None):
                    os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the end of its output that is ours."""
        if self._popen.stdout is not None:
            self._popen.stdout.close()


def _tie_to(parent: int) -> Callable[[], None]:
    def in_child() -> None:
        die_with_parent(signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return in_child


def describe_exit(code: int) -> str:
    """`exit code 3`, or the name of the signal that ended the process."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
