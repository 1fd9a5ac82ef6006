"""Where the system under attack runs: two hosts and a small disk of its own (root), else one host."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.hosts import Host, hosts, why_not

DISK_BYTES = 384 * 2**20  # 10,000 pictures with their results take a quarter of it
SHARED_MEMORY = "mount -t tmpfs none /dev/shm"


@dataclass(frozen=True)
class Place:
    home: Path
    far_home: Path | None = None  # of a worker on the other host
    near: Host | None = None
    far: Host | None = None
    own_disk: bool = False
    missing: list[str] = field(default_factory=list)  # what cannot be tried here, and why

    def prefix_here(self) -> tuple[str, ...]:
        return _within(self.near, SHARED_MEMORY) if self.near else ()

    def prefix_there(self) -> tuple[str, ...]:
        """The other host does not see this one's files."""
        return _within(self.far, f"{SHARED_MEMORY} && mount -t tmpfs none {self.home}") if self.far else ()


def _within(host: Host, mounts: str) -> tuple[str, ...]:
    """Words before a command. Process ids stay this machine's: a supervisor may die without its host."""
    isolate = ("ip", "netns", "exec", host.namespace, "unshare", "--mount")
    return (*isolate, "sh", "-c", f'{mounts} && exec "$@"', "sh")


@contextlib.contextmanager
def place(folder: Path, *, two_hosts: bool = True) -> Iterator[Place]:
    home, far_home = folder / "home", folder / "far"
    home.mkdir()
    far_home.mkdir()
    reason = why_not()
    with contextlib.ExitStack() as stack:
        mounted = reason is None and _mount(home)
        if mounted:
            stack.callback(subprocess.run, ["umount", "--lazy", str(home)], check=False)
        missing = [] if mounted else [f"fill disk: {reason or 'no tmpfs can be mounted here'}"]
        if reason is None and two_hosts:
            near, far = stack.enter_context(hosts(2))
            yield Place(home, far_home, near, far, mounted, missing)
        else:
            missing.append(f"cut network: {reason or 'one host was asked for'}")
            yield Place(home, own_disk=mounted, missing=missing)


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "dpip-chaos", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
