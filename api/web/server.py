"""The one file that speaks to Granian, the WSGI server; docs/adr/0002-wsgi-server.md says why it.

This process only watches: a child process, forked before any connection or thread exists, serves. It
dies with its parent, and a new one is started when it dies alone.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from api.web import listener
from dpip.lifecycle import EXIT_KILLED, die_with_parent

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DRAIN_S = 10.0  # requests that are still running then are given up
_ASK_AGAIN_S = 0.2
_LOOK_S = 0.5
_HEADERS_WITHIN_MS = 15_000
_RENEW_S = 3600.0  # how often the certificate is looked at
_IDLE_THREAD_S = 60
_FILES = 8192  # a connection is one, and so is an image on its way
_CONNECTIONS = 2048  # idle ones and slow ones count too; more wait to be accepted


def _connections() -> int:
    """How many connections a process may hold, after asking the system for as many files as it gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(_CONNECTIONS, wanted // 2)


class _Watchful(threading.Event):
    """Waits in short turns: signals are handled between them, whichever thread they met."""

    def __init__(self, between: Callable[[], None]) -> None:
        super().__init__()
        self._between = between

    def wait(self, timeout: float | None = None) -> bool:
        while timeout is None:
            if super().wait(_LOOK_S):
                return True
            self._between()
        return super().wait(timeout)


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key; `renew` makes both files new when it is time, and says whether it did."""

    certificate: Path
    key: Path
    renew: Callable[[], bool] = lambda: False


class Server(MPServer):
    """Serves on a socket that was bound before. SIGHUP makes it read certificate and key again."""

    def __init__(self, bound: socket.socket, processes: int, threads: int, tls: Tls | None = None) -> None:
        super().__init__(
            target="api",
            interface=Interfaces.WSGI,
            workers=processes,
            blocking_threads=threads,
            blocking_threads_idle_timeout=_IDLE_THREAD_S,
            backpressure=_connections(),
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN_MS),
            websockets=False,
            ssl_cert=None if tls is None else tls.certificate,
            ssl_key=None if tls is None else tls.key,
            respawn_failed_workers=True,
            workers_kill_timeout=1,
            log_enabled=False,
        )
        self._listener = bound
        self.stopping = multiprocessing.Event()  # for serving processes to see, as soon as they are to stop
        self._tls = tls
        self._renew_at = time.monotonic() + _RENEW_S
        self.main_loop_interrupt = _Watchful(self._renew_in_time)

    def run(self, make_app: Callable[[], WSGIApplication]) -> None:
        """Serve until SIGTERM or SIGINT, then drain. `make_app` is called in each serving process."""
        parent = os.getpid()

        def load() -> WSGIApplication:
            # Until Granian takes them over, signals end this process as they would any other.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            die_with_parent(signal.SIGKILL)
            if os.getppid() != parent:
                sys.exit("the API's parent process is gone")
            return make_app()

        self.serve(target_loader=load, wrap_loader=False)

    def _renew_in_time(self) -> None:
        """Serving processes with an old certificate are replaced by others, one after the other."""
        if self._tls is not None and time.monotonic() > self._renew_at:
            self._renew_at = time.monotonic() + _RENEW_S
            if self._tls.renew():
                self.signal_handler_reload()  # type: ignore[no-untyped-call]

    def signal_handler_interrupt(self, *arguments: Any, **named: Any) -> None:
        """The first signal drains, the second kills."""
        if self.interrupt_signal:
            for worker in self.wrks:
                worker.kill()  # type: ignore[no-untyped-call]
            os._exit(EXIT_KILLED)
        super().signal_handler_interrupt(*arguments, **named)  # type: ignore[no-untyped-call]

    def _stop_workers(self) -> None:
        """Ask until they go: now and then a signal meets another thread, and the main one sleeps on."""
        self.stopping.set()
        deadline = time.monotonic() + DRAIN_S
        while (
            alive := [worker for worker in self.wrks if worker.inner.is_alive()]
        ) and time.monotonic() < deadline:
            for worker in alive:
                worker.terminate()  # type: ignore[no-untyped-call]
            for worker in alive:
                worker.inner.join(_ASK_AGAIN_S)
        super()._stop_workers()  # type: ignore[no-untyped-call]

    def _init_shared_socket(self) -> None:
        """Take our socket instead of binding one that other processes could bind as well."""
        self._ssp = None
        self._sso = self._listener
        self._sfd = self._listener.fileno()  # type: ignore[assignment]
        self._shd = SocketHolder(self._sfd, False, listener.BACKLOG)  # type: ignore[assignment, call-arg]
