"""No secret where it does not belong: the whole system is used and killed, and then all of it is searched."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.corpus import frames
from cluster.folder import sweep
from tests.system.system import PASSWORD, Processes, System

Remains = tuple[Processes, dict[str, str], dict[str, bytes]]
RAY = ("raylet", "gcs_server", "ray::")


def command_lines(pids: list[psutil.Process]) -> dict[str, bytes]:
    """What everybody on the machine can read of each process."""
    return {f"/proc/{one.pid}/cmdline": Path(f"/proc/{one.pid}/cmdline").read_bytes() for one in pids}


def environments(pids: list[psutil.Process]) -> dict[str, bytes]:
    """Of Ray's processes alone: what its dashboard and its tools may show."""
    return {
        f"/proc/{one.pid}/environ": Path(f"/proc/{one.pid}/environ").read_bytes()
        for one in pids
        if any(word in " ".join(one.cmdline()[:3]) for word in RAY)
    }


def files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "images"]
        yield from (Path(root) / name for name in names if (Path(root) / name).is_file())


@pytest.fixture(scope="module")
def remains(tmp_path_factory: pytest.TempPathFactory) -> Remains:
    """(what ran, its secrets, everything else that is left of it)"""
    system = System(tmp_path_factory.mktemp("home"), workers=1, DPIP_LOG_LEVEL="debug", DPIP_TLS="on")
    try:
        client = system.ready()
        workload = client.create("secrets")
        for picture in frames(3):
            client.upload(workload, picture.name, picture.data)
        client.wait(workload)
        client.raw("GET", "/images/nothing?token=" + "x" * 10)
        family = [psutil.Process(system.up.pid), *system.descendants()]
        seen = command_lines(family) | environments(family)
        assert any(name.endswith("environ") for name in seen), "Ray's processes were looked at"
        home = system.home
        secrets = {
            "password": PASSWORD,
            "bearer token": client.token,
            "join token": home.join_token.read_text().strip(),
            "Ray's token": home.ray_token.read_text().strip(),
            "API's key": key_of(home.api_certificate),
            "Ray's key": key_of(home.ray_certificate),
        }
        folders = list(Path("/tmp").glob("dpip-ray-*"))
        client.close()
        os.killpg(system.up.pid, signal.SIGKILL)
        for process in family:
            kill(process)
        psutil.wait_procs(family, timeout=10)
        ours = [
            folder for folder in folders if str(folder) in b" ".join(seen.values()).decode(errors="replace")
        ]
        assert ours, "the logs of Ray are searched, too"
        for folder in (home.path, *ours):
            for file in files(folder):
                if file.parent != home.secrets:
                    seen[str(file)] = file.read_bytes()
    finally:
        system.up.kill()
        system.up.wait()
        sweep()
    return system, secrets, seen


def kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def key_of(file: Path) -> str:
    """The first line of the private key's own text."""
    return file.read_text().split("PRIVATE KEY-----\n")[1].splitlines()[0]


def test_every_kind_of_place_was_searched(
    remains: Remains,
) -> None:
    _, secrets, seen = remains
    places = " ".join(seen)
    assert all(len(secret) >= 20 for secret in secrets.values())
    for place in (
        "cmdline",
        "logs/api.log",
        "logs/controller.log",
        "logs/local-1.log",
        "dpip.sqlite3",
        "raylet",
    ):
        assert place in places


@pytest.mark.parametrize(
    "secret", ["password", "bearer token", "join token", "Ray's token", "API's key", "Ray's key"]
)
def test_it_is_nowhere_but_in_its_file(remains: Remains, secret: str) -> None:
    _, secrets, seen = remains
    assert not [place for place, data in seen.items() if secrets[secret].encode() in data]


def test_its_file_is_its_owners_alone(remains: Remains) -> None:
    home = remains[0].home
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in home.secrets.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE((home.path / "dpip.sqlite3").stat().st_mode) == 0o600
