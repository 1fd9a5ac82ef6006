"""What `dpip doctor` looks at on this machine: each check says what it found, and what mends it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dpip.errors import DpipError
from dpip.home import Home
from dpip.records import read_record
from imaging import turbo

Verdict = Literal["ok", "warn", "bad"]
_PACKAGES = ("ray", "flask", "granian", "sqlalchemy", "pynng", "opencv-python-headless", "pillow", "numpy")
_OLDEST_PYTHON = (3, 11)
_LITTLE_DISK, _NO_DISK = 5 << 30, 500 << 20  # bytes
_LITTLE_SHARED_MEMORY = 256 << 20  # bytes; Ray's object store lies there
_OPEN_FILES = 1024
_DIAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was looked at, `told` is how it stands, `mend` what to do about it."""

    verdict: Verdict
    what: str
    told: str
    mend: str = ""


def machine(home: Home) -> Iterator[Finding]:
    """This machine and the folder of the system, whether it runs or not."""
    yield _python()
    yield from _packages()
    yield _turbojpeg()
    yield from _disk(home)
    yield _shared_memory()
    yield _open_files()
    yield from _secrets(home)


def database(url: str) -> Finding:
    """The datastore itself, whether the system runs or not; `url` may hold a password."""
    from datastore import examine  # noqa: PLC0415 - takes half a second to load

    try:
        return Finding("ok", "database", examine(url))
    except DpipError as error:
        return Finding("bad", "database", error.detail, "a backup comes back by dpip restore")


def ports(home: Home, api_port: int, bus_port: int) -> Iterator[Finding]:
    """Of the system that runs in this home, or else those that it would want."""
    yield _component(home, "api", "API", api_port, 1)
    yield _component(home, "controller", "bus", bus_port, 3)
    ray = _alive(home.ray_head)
    if ray is None:
        yield Finding("ok", "Ray", "does not run here; dpip up starts it")
    else:
        host, _, port = str(ray["address"]).rpartition(":")
        answers = _answers(host, int(port))
        yield Finding(
            "ok" if answers else "bad",
            "Ray",
            f"{'answers' if answers else 'does not answer'} at {ray['address']}",
            "" if answers else "look into logs/ray.log; stop dpip up and start it again",
        )


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info >= _OLDEST_PYTHON
    return Finding("ok" if fine else "bad", "Python", found, "" if fine else "3.11 or later is needed")


def _packages() -> Iterator[Finding]:
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding("bad", name, "is not installed", "make setup")
    yield Finding("ok", "packages", ", ".join(f"{name} {version}" for name, version in found.items()))


def _turbojpeg() -> Finding:
    found = turbo.name()
    if found is None:
        return Finding(
            "warn",
            "libjpeg-turbo",
            "is not there with all of its interface: JPEGs are filtered all the same, some at half the speed",
            "apt-get install -y libturbojpeg0, then start the workers again",
        )
    return Finding("ok", "libjpeg-turbo", found)


def _disk(home: Home) -> Iterator[Finding]:
    for what, place in (("disk", home.path), ("temporary files", Path("/tmp"))):  # noqa: S108 - Ray's place
        there = next(folder for folder in (place, *place.parents) if folder.exists())
        free = shutil.disk_usage(there).free
        verdict: Verdict = "ok" if free > _LITTLE_DISK else "warn" if free > _NO_DISK else "bad"
        mend = "" if verdict == "ok" else "make room, or move DPIP_IMAGE_STORE to a larger disk"
        yield Finding(verdict, what, f"{free / 2**30:.1f} GiB free in {there}", mend)
    if home.path.exists() and not home.path.is_dir():
        yield Finding("bad", "home", f"{home.path} is no folder", "another DPIP_HOME, or move that file away")
    elif home.path.exists() and not os.access(home.path, os.W_OK):
        yield Finding("bad", "home", f"{home.path} cannot be written", "another DPIP_HOME, or chown it")


def _shared_memory() -> Finding:
    try:
        free = shutil.disk_usage("/dev/shm").free  # noqa: S108 - that is where it lies
    except OSError:
        return Finding("warn", "shared memory", "there is no /dev/shm", "in a container: --shm-size=1g")
    fine = free >= _LITTLE_SHARED_MEMORY
    return Finding(
        "ok" if fine else "warn",
        "shared memory",
        f"{free / 2**30:.1f} GiB free",
        "" if fine else "Ray wants more; in a container: --shm-size=1g",
    )


def _open_files() -> Finding:
    import resource  # noqa: PLC0415 - not everywhere

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    fine = hard == resource.RLIM_INFINITY or hard > _OPEN_FILES
    return Finding(
        "ok" if fine else "warn", "open files", f"at most {hard}", "" if fine else "ulimit -n 65535"
    )


def _secrets(home: Home) -> Iterator[Finding]:
    if not home.secrets.is_dir():
        yield Finding("ok", "secrets", "none yet; the first start makes them")
        return
    for file in sorted(home.secrets.iterdir()):
        if file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield Finding("bad", "secrets", f"{file} can be read by others", f"chmod 600 {file}")
            return
    yield Finding("ok", "secrets", f"{home.secrets} is its owner's alone")


def _component(home: Home, record: str, what: str, port: int, count: int) -> Finding:
    running = _alive(home.run / f"{record}.json")
    if running is not None:
        where = str(running.get("url") or running.get("address"))
        host, _, number = where.rpartition("://")[2].rpartition(":")
        answers = _answers(host.strip("[]"), int(number))
        return Finding(
            "ok" if answers else "bad",
            what,
            f"{'answers' if answers else 'does not answer'} at {where}",
            "" if answers else "look into logs/ in the home; stop dpip up and start it again",
        )
    busy = [number for number in range(port, port + count) if _answers("127.0.0.1", number)]
    if busy:
        told = f"does not run here, and somebody else has port {busy[0]}"
        flag = "--port" if count == 1 else "--controller"
        return Finding("warn", what, told, f"dpip up {flag} with another, or stop what has it: ss -ltnp")
    free = f"its port {port} is free" if count == 1 else f"its ports {port} to {port + count - 1} are free"
    return Finding("ok", what, f"does not run here; {free}")


def _alive(file: Path) -> Mapping[str, Any] | None:
    record = read_record(file)
    try:
        os.kill(int((record or {})["pid"]), 0)
    except PermissionError:
        return record
    except (OSError, KeyError, ValueError, TypeError):
        return None
    return record


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_DIAL_S):
            return True
    except OSError:
        return False
