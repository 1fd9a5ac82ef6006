"""The system under attack: its processes, where to find each, and the start command after it is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil

from command.addresses import free_ports
from dpip.records import read_record
from tests.chaos.journal import Journal
from tests.chaos.place import Place
from tests.system.client import Client
from tests.system.system import Processes, eventually

WORKERS = 2
STARTED_AGAIN_S = 0.2
START_AGAIN_WITHIN_S = 60.0
STANDBY = "standby"


class Victim:
    """`dpip up`, a standby scheduler, and a worker on the other host where there is one. All are started
    again with the same commands when they end."""

    def __init__(self, place: Place, journal: Journal) -> None:
        self.place = place
        self.journal = journal
        address = place.near.address if place.near else "127.0.0.1"
        port = 40899 if place.near else free_ports("127.0.0.1", 3)
        api_port = 8080 if place.near else free_ports("127.0.0.1", 1)
        controller = f"{address}:{port}"
        shared = {"DPIP_HOST": address, "DPIP_CONTROLLER": controller, "DPIP_PORT": str(api_port)}
        self.here = Processes(place.home, **shared, DPIP_SWEEP_INTERVAL_S="20", DPIP_SWEEP_GRACE_S="60")
        self.here.log = place.home.parent / "system.log"  # not on the small disk
        self.there: Processes | None = None
        self.stopping = False
        self.held = threading.Lock()  # nothing is started again by itself while it is held
        self.up = self._start_up()
        eventually(lambda: self.here.record("controller"), "controller")
        self._standby = self._start_standby()
        self._far: subprocess.Popen[bytes] | None = None
        if place.far_home is not None:
            token = self.here.home.join_token.read_text()
            self.there = Processes(place.far_home, DPIP_JOIN_TOKEN=token, DPIP_CONTROLLER=controller)
            self._far = self._start_far(self.there)
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def _start_up(self) -> subprocess.Popen[bytes]:
        return self.here.start("command", "up", "--workers", str(WORKERS), prefix=self.place.prefix_here())

    def _start_standby(self) -> subprocess.Popen[bytes]:
        """It has records of its own kind nowhere: it is told from the other by its parent."""
        return self.here.start("scheduler", "--ray-address", "wait", prefix=self.place.prefix_here())

    def _start_far(self, there: Processes) -> subprocess.Popen[bytes]:
        return there.start("worker", "--worker-name", "far", prefix=self.place.prefix_there())

    def _keep(self) -> None:
        while not self.stopping:
            with self.held:
                if self._standby.poll() is not None and not self.stopping:
                    self._standby = self._start_standby()
                if self.there and self._far and self._far.poll() is not None and not self.stopping:
                    self._far = self._start_far(self.there)
            time.sleep(STARTED_AGAIN_S)

    def start_again(self) -> None:
        """The same command once more; it counts how often it had to be given."""
        deadline = time.monotonic() + START_AGAIN_WITHIN_S
        for starts in range(1, 100):
            self.up = self._start_up()
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.up.wait(3.0)
                self.journal.note("start refused", code=code, starts=starts, said=self._last_words())
                if time.monotonic() < deadline:
                    continue
            return

    def _last_words(self) -> str:
        return self.here.log.read_text(errors="replace")[-500:]

    def client(self) -> Client:
        return self.here.client()

    def record(self, component: str) -> dict[str, object] | None:
        if component == "far worker":
            return read_record(self.there.home.run / "worker-far.json") if self.there else None
        return read_record(self.here.home.run / f"{component}.json")

    def family(self) -> list[psutil.Process]:
        found: list[psutil.Process] = []
        for root in (self.up, self._standby, self._far):
            with contextlib.suppress(psutil.Error):
                if root is not None:
                    process = psutil.Process(root.pid)
                    found += [process, *process.children(recursive=True)]
        return found

    def targets(self, target: str) -> list[psutil.Process]:
        """The processes that could be meant, in order of their ids."""
        far = self._far.pid if self._far else None
        if target in {"supervisor", "everything"}:
            return [psutil.Process(self.up.pid)]
        if target == "standby scheduler":
            return [psutil.Process(self._standby.pid)]
        if target == "far worker":
            return [psutil.Process(far)] if far else []
        root = far if target == "far raylet" else self.up.pid
        if root is None:
            return []
        with contextlib.suppress(psutil.Error):
            return [one for one in psutil.Process(root).children(recursive=True) if _is(one, target)]
        return []

    def kill_everything(self) -> None:
        """All at the same moment: stopped first, so that none sees another die."""
        with self.held:
            everyone = self.family()
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for process in everyone:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process.pid, number)
            self.up.wait()

    def describe(self) -> list[str]:
        """Every process and what it does, for the journal."""
        said = []
        for process in self.family():
            with contextlib.suppress(psutil.Error):
                said.append(f"{process.status()} {process.ppid()} {_words(process)}")
        return said

    def stop(self) -> list[str]:
        """In order; returns what was left behind."""
        self.stopping = True
        self._keeper.join()
        family = self.family()
        if self.there:
            self.there.stop(90)
        self.here.stop(90)
        _, alive = psutil.wait_procs(family, timeout=10)
        return [*map(_words, alive), *_strays([self.place.home, self.place.far_home])]


def _is(process: psutil.Process, target: str) -> bool:
    try:
        words, name = process.cmdline(), process.name()
    except psutil.Error:
        return False
    if target in {"raylet", "far raylet"}:
        return name == "raylet"
    if target == "gcs":
        return name == "gcs_server"
    if target == "actor":
        return bool(words) and words[0].startswith("ray::") and "IDLE" not in words[0]
    module = {"head": "cluster", "worker": "worker"}.get(target, target)
    if words[1:4] != ["-P", "-m", module]:
        return False
    return target != "worker" or "--worker-name" in words


def _strays(homes: list[Path | None]) -> list[str]:
    """Processes that still have one of these homes in their environment."""
    wanted = {str(home) for home in homes if home}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("DPIP_HOME") in wanted and process.status() != psutil.STATUS_ZOMBIE:
                found.append(_words(process))
    return found


def _words(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[:120]}"
    return f"{process.pid}"
