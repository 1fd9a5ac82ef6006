"""The private folder of a Ray node: short, under /tmp, and gone when the node is gone.

A file in it names the process that owns it. Whoever starts a node first removes the folders, and ends
the processes, of owners that were killed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

import psutil

from cluster.processes import end, of_node, same_process
from dpip.logs import fields

log = logging.getLogger(__name__)

# Ray puts Unix sockets far below it, and their paths are limited to 107 bytes: no $TMPDIR.
PLACE = Path("/tmp")  # noqa: S108
PREFIX = "dpip-ray-"
_OWNER = "owner.json"
_MACHINE = "pid:[4026531836]"  # the kernel's number for the space that all others are part of


def make_folder() -> Path:
    """A new folder that only this user can enter, owned by this process."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
    me = psutil.Process()
    owner = {"pid": me.pid, "created": me.create_time(), "pid_space": _pid_space()}
    (folder / _OWNER).write_text(json.dumps(owner))
    return folder


def temp_dir(folder: Path) -> Path:
    """What Ray gets: it opens its own temporary folder to everybody, so the closed one is around that."""
    return folder / "r"


def remove_folder(folder: Path) -> None:
    """End what is left of the node in it, and remove it."""
    end(of_node(folder))
    shutil.rmtree(folder, ignore_errors=True)


def sweep() -> int:
    """Remove what nodes of this user left behind whose owner was killed; returns how many."""
    swept = 0
    for folder in PLACE.glob(f"{PREFIX}*"):
        if _abandoned(folder):
            log.info("removing what a killed process left behind", extra=fields(folder=folder))
            remove_folder(folder)
            swept += 1
    return swept


def _abandoned(folder: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        owner = json.loads((folder / _OWNER).read_text())
        if owner["pid_space"] != _pid_space():
            return _container_is_gone(owner["pid_space"])
        return not same_process(int(owner["pid"]), float(owner["created"]))
    return False  # without the file it is somebody else's, or just being made


def _pid_space(pid: str = "self") -> str:
    """Within which a process id means one process."""
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def _container_is_gone(pid_space: str) -> bool:
    """True when nothing runs in it any more; only the machine itself sees the processes of all."""
    if _pid_space() != _MACHINE:
        return False
    return all(_pid_space(str(pid)) != pid_space for pid in psutil.pids())
