"""Hosts of our own on one machine: network and process namespaces on a bridge (root, iproute2)."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SUBNET = "10.77"


def why_not() -> str | None:
    """Why namespaces are not to be had here; None when they are."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip") or not shutil.which("unshare"):
        return "network namespaces need iproute2 and util-linux (apt-get install -y iproute2 util-linux)"
    probe = f"dpip-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"this machine grants no network namespaces: {made.stderr.strip()}"
    _ip("netns", "del", probe)
    return None


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@dataclass(frozen=True)
class Host:
    """Processes started with `prefix` see this host's network and no process of another."""

    namespace: str
    address: str
    cable: str  # the network interface on this machine that all of its traffic passes

    def prefix(self, hide: Path | None = None) -> tuple[str, ...]:
        """Command words to put before a command; `hide` is a folder that this host does not see."""
        mounts = "mount -t tmpfs none /dev/shm"
        if hide is not None:
            mounts += f" && mount -t tmpfs none {hide}"
        isolate = ("unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc")
        return ("ip", "netns", "exec", self.namespace, *isolate, "sh", "-c", f'{mounts} && exec "$@"', "sh")

    def link(self, state: str) -> None:
        """`down` cuts the cable without a word to anybody, `up` mends it."""
        _ip("-n", self.namespace, "link", "set", "eth0", state)


@contextlib.contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """Hosts 10.77.N.1, 10.77.N.2, ... on one bridge; this process is 10.77.N.254."""
    net = f"{SUBNET}.{os.getpid() % 250}"
    bridge = f"dpip{os.getpid()}"[:15]
    made: list[Host] = []
    _ip("link", "add", bridge, "type", "bridge")
    try:
        _ip("addr", "add", f"{net}.254/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for number in range(1, count + 1):
            veth = f"v{os.getpid()}-{number}"[:15]
            host = Host(f"{bridge}-{number}", f"{net}.{number}", veth)
            _ip("netns", "add", host.namespace)
            made.append(host)
            _ip("link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
            _ip("link", "set", veth, "master", bridge, "up")
            _ip("-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
            _ip("-n", host.namespace, "link", "set", "lo", "up")
            _ip("-n", host.namespace, "link", "set", "eth0", "up")
        yield made
    finally:
        for host in made:
            _ip("netns", "del", host.namespace)
        _ip("link", "del", bridge)
