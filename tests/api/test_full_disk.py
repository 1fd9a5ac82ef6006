"""A disk that is really full: a small file system in memory, mounted for the images."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.api.processes import running
from tests.pictures import encode, photograph

MEBIBYTE = 2**20

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Four mebibytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(file: BinaryIO | FileIO) -> None:
    while True:
        file.write(bytes(MEBIBYTE // 4))


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and file.name != ".store-mark"]


def test_a_full_disk_is_507_and_uploads_go_on_when_there_is_room(tmp_path: Path, small_disk: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(encode(photograph(1, 0.5), "png"))
    ballast = small_disk / "somebody-elses"
    with running(tmp_path / "home", DPIP_IMAGE_STORE=str(small_disk)) as api:
        token = api.login()
        workload_id = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
        form = ("--form", f"data=@{picture}", "--form", f"workload_id={workload_id}")
        said = ("--output", os.devnull, "--write-out", "%{http_code} %header{retry-after}")

        def upload() -> str:
            return api.curl("/images", *form, *said, token=token).stdout

        kept = 0
        while (status := upload().split()) == ["201"]:
            kept += 1
        assert status[0] == "507"
        assert int(status[1]) >= 1, "when to come back"
        assert kept >= 1
        stored = files(small_disk)
        assert len(stored) == kept, "nothing half-written"
        assert api.json(f"/workloads/{workload_id}", token=token)["total"] == kept
        assert api.curl("/status", *said, token=token).stdout.split()[0] == "200"
        # Full to the last byte, by others: not even a file can be begun.
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            fill(file)
        assert upload().startswith("507 ")
        assert {file for file in files(small_disk) if file != ballast} == set(stored)
        ballast.unlink()
        stored[0].unlink()
        assert upload().startswith("201"), "there is room again"
