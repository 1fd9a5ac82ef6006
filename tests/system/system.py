"""A whole system in a folder of its own, as processes: `dpip up`, or its components one by one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil
import urllib3

from dpip.home import Home
from dpip.records import read_record
from tests.system.client import Client

T = TypeVar("T")
USER, PASSWORD = "tester", "correct horse battery staple"
STEP_S = 0.05


def eventually(look: Callable[[], T | None], what: str, timeout_s: float = 60.0) -> T:
    """Look until there is something to see; processes tell nobody when they are ready."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(STEP_S)
    raise TimeoutError(f"no {what} in {timeout_s} s")


class Processes:
    """Processes that share a home; started by module name, found by their records."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.home = Home(folder)
        self.environment = {
            **os.environ,
            "DPIP_HOME": str(folder),
            "DPIP_USER": USER,
            "DPIP_PASSWORD": PASSWORD,
            **environment,
        }
        self._running: list[subprocess.Popen[bytes]] = []
        self.log = folder / "test.log"

    def start(self, module: str, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*prefix, sys.executable, "-m", module, *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def record(self, component: str) -> dict[str, Any] | None:
        return read_record(self.home.run / f"{component}.json")

    def pid(self, component: str) -> int:
        """The process id that the component wrote down; waits until it has, and it lives."""

        def living() -> int | None:
            record = self.record(component)
            return record["pid"] if record and psutil.pid_exists(record["pid"]) else None

        return eventually(living, f"{component} process")

    def kill(self, component: str) -> int:
        """SIGKILL it; returns the dead one's process id."""
        pid = self.pid(component)
        os.kill(pid, signal.SIGKILL)
        return pid

    def client(self) -> Client:
        """A client that is logged in, as soon as the API answers."""

        def logged_in() -> Client | None:
            record = self.record("api")  # it may be that of one which was killed
            if record is None:
                return None
            client = Client(
                record["url"],
                USER,
                PASSWORD,
                self.home.tls_authority if record["url"].startswith("https") else None,
            )
            try:
                client.login()
            except urllib3.exceptions.HTTPError:
                client.close()
                return None
            return client

        return eventually(logged_in, "API")

    def stop(self, timeout_s: float = 60.0) -> None:
        """SIGTERM to all, and wait; whatever is left then is an error."""
        for process in reversed(self._running):
            if process.poll() is None:
                _inner(process).terminate()
        left = []
        for process in reversed(self._running):
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                left.append(process.args)
                process.kill()
                process.wait()
        assert not left, f"did not stop in {timeout_s} s: {left}"


def _inner(process: subprocess.Popen[bytes]) -> psutil.Process:
    """The command itself: what puts it into namespaces waits for it, and passes no signal on."""
    started = psutil.Process(process.pid)
    return started.children()[0] if started.name() == "unshare" else started


class System(Processes):
    """`dpip up` on free ports, or on those that are told."""

    def __init__(
        self, folder: Path, *, workers: int = 2, port: int = 0, bus: int = 0, **environment: str
    ) -> None:
        super().__init__(folder, **environment)
        self.workers = workers
        where = ("--port", str(port), "--controller", f"127.0.0.1:{bus}")
        self.up = self.start("command", "up", *where, "--workers", str(workers))

    def ready(self) -> Client:
        """A client, as soon as every worker is alive."""
        client = self.client()
        eventually(lambda: self.alive(client) == self.workers, f"{self.workers} workers alive", 90.0)
        return client

    @staticmethod
    def alive(client: Client) -> int:
        return sum(worker["state"] == "alive" for worker in client.ask("GET", "/workers")["workers"])

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.up.pid).children(recursive=True)
