"""A Ray node as a child process: a head, or one that joins a head."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from cluster.addresses import reachable
from cluster.environment import CLUSTER_SWITCH, Credentials, ray_environment
from cluster.folder import make_folder, remove_folder, sweep, temp_dir
from cluster.processes import NODE_MARK, STOP_WITHIN_S, end
from cluster.tether import tethered
from dpip.errors import NotReady
from dpip.home import PRIVATE_FOLDER
from dpip.lifecycle import Stop
from dpip.logs import fields
from dpip.settings import is_loopback

log = logging.getLogger(__name__)

OBJECT_STORE_BYTES = 80_000_000  # only ids travel through Ray; this is about the least it takes
START_WITHIN_S = 60.0
_LOOPBACK = "127.0.0.1"
_POLL_S = 0.05
_READY_FILE = "ray_current_cluster"  # `ray start` writes it when the node is up and registered
_LOG_TAIL_CHARS = 600
_RAYLET = "raylet"
_ROOT = Path(__file__).resolve().parent.parent  # where our packages are found


class NodeProcess:
    """`ray start --block` and all that it started. Its owner's death ends it too."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, address: str, log_file: Path) -> None:
        self._process = process
        self._raylet: psutil.Process | None = None  # known once the node is ready
        self.folder = folder
        self.address = address  # of the GCS, host:port
        self.log_file = log_file

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False also when only the raylet is gone: one too slow for the GCS ends itself in order, and
        `ray start --block` takes no notice of that."""
        return self._process.poll() is None and (self._raylet is None or _runs(self._raylet))

    def wait_ready(self, stop: Stop, timeout_s: float = START_WITHIN_S) -> None:
        """Return when the node takes work. Raises `NotReady` when it ended, or was not up in time."""
        deadline = time.monotonic() + timeout_s
        while not ((temp_dir(self.folder) / _READY_FILE).exists() and reachable(self.address)):
            if not self.alive:
                raise NotReady(
                    f"the Ray node ended while starting; its log, {self.log_file}, says: {self._tail()}"
                )
            if time.monotonic() > deadline:
                raise NotReady(f"the Ray node was not up after {timeout_s:.0f} s; see {self.log_file}")
            if stop.wait(_POLL_S):
                raise NotReady("stopped while the Ray node was starting")
        self._raylet = self._find_raylet()

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """End all of the node's processes and remove its folder; doing it twice does no harm."""
        with contextlib.suppress(psutil.NoSuchProcess):
            end([psutil.Process(self._process.pid)], within_s)  # it ends its children in order
        self._process.wait()
        remove_folder(self.folder)

    def _find_raylet(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self._process.pid).children():
                if child.name() == _RAYLET:
                    return child
        return None

    def _tail(self) -> str:
        with contextlib.suppress(OSError):
            return " ".join(self.log_file.read_text(errors="replace").split())[-_LOG_TAIL_CHARS:]
        return "nothing"


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def start_head(
    *,
    node_ip: str,
    port: int,
    shown: Credentials,
    logs: Path,
    dashboard_port: int | None = None,
    object_store_bytes: int = OBJECT_STORE_BYTES,
) -> NodeProcess:
    """Start a head whose GCS listens on `port`. Call it from a thread that outlives the node."""
    arguments = ["--head", "--port", str(port), "--no-monitor", "--include-dashboard"]
    if dashboard_port is None:
        arguments += ["false"]
    else:
        # It speaks no TLS: where the others do, it is for this machine alone.
        host = node_ip if shown.certificate is None else _LOOPBACK
        arguments += ["true", "--dashboard-host", host, "--dashboard-port", str(dashboard_port)]
    address = f"[{node_ip}]:{port}" if ":" in node_ip else f"{node_ip}:{port}"
    return _start(arguments, address, node_ip, shown, logs / "ray-head.log", object_store_bytes)


def join_node(
    address: str,
    *,
    node_ip: str,
    shown: Credentials,
    logs: Path,
    object_store_bytes: int = OBJECT_STORE_BYTES,
) -> NodeProcess:
    """Make this machine a node of the cluster at `address`. Call it from a thread that outlives the node."""
    arguments = ["--address", address]
    return _start(arguments, address, node_ip, shown, logs / "ray-node.log", object_store_bytes)


def _start(
    arguments: Sequence[str],
    address: str,
    node_ip: str,
    shown: Credentials,
    log_file: Path,
    object_store_bytes: int,
) -> NodeProcess:
    sweep()
    folder = make_folder()
    command = [
        *(sys.executable, "-P", "-m", "ray.scripts.scripts", "start", "--block", *arguments),
        *("--node-ip-address", node_ip, "--temp-dir", str(temp_dir(folder))),
        *("--object-store-memory", str(object_store_bytes)),
        # Ray counts slots; jobs are placed by what they need, and actors ask for no slot.
        *("--num-cpus", "0", "--num-gpus", "0"),
        *("--include-log-monitor", "false", "--disable-usage-stats"),
    ]
    log_file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    try:
        with log_file.open("wb") as output:
            process = subprocess.Popen(
                tethered(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(shown, node_ip, folder),
                start_new_session=True,  # Ctrl-C in the terminal is for the owner, who ends the node in order
            )
    except BaseException:
        remove_folder(folder)
        raise
    log.debug("Ray node started", extra=fields(pid=process.pid, folder=folder))
    return NodeProcess(process, folder, address, log_file)


def _environment(shown: Credentials, node_ip: str, folder: Path) -> dict[str, str]:
    """Without other clusters' settings, and without our secrets: Ray's processes need none of them."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "DPIP_"))}
    search = [str(_ROOT), *filter(None, [mine.get("PYTHONPATH")])]
    return {
        **mine,
        **ray_environment(shown),
        CLUSTER_SWITCH: "0" if is_loopback(node_ip) else "1",
        "PYTHONPATH": os.pathsep.join(search),  # actors are made of our classes
        NODE_MARK: str(folder),
    }
