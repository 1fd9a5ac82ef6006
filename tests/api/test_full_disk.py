"""A disk that is really full: a small file system in memory, mounted for the images."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import disks
from tests.api.processes import running
from tests.pictures import encode, photograph

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Of so many mebibytes."""
    with ExitStack() as stack:

        def made(mebibytes: int) -> Path:
            try:
                return stack.enter_context(disks.small_disk(tmp_path / "disk", mebibytes))
            except disks.CannotMount as reason:
                pytest.skip(str(reason))

        yield made


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and file.name != ".store-mark"]


def test_a_full_disk_is_507_and_uploads_go_on_when_there_is_room(
    tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    disk = small_disk(4)
    picture = tmp_path / "picture.png"
    picture.write_bytes(encode(photograph(1, 0.5), "png"))
    ballast = disk / "somebody-elses"
    with running(tmp_path / "home", DPIP_IMAGE_STORE=str(disk)) as api:
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
        stored = files(disk)
        assert len(stored) == kept, "nothing half-written"
        assert api.json(f"/workloads/{workload_id}", token=token)["total"] == kept
        assert api.curl("/status", *said, token=token).stdout.split()[0] == "200"
        # Full to the last byte, by others: not even a file can be begun.
        disks.fill(ballast)
        assert upload().startswith("507 ")
        assert {file for file in files(disk) if file != ballast} == set(stored)
        ballast.unlink()
        stored[0].unlink()
        assert upload().startswith("201"), "there is room again"


def test_everything_on_a_full_disk_is_answered_and_goes_on(
    tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    """Routes and statuses that nobody asked for before, too: each is a series of figures of its own."""
    disk = small_disk(24)
    ballast = disk / "somebody-elses"
    picture = tmp_path / "picture.png"
    picture.write_bytes(encode(photograph(1, 0.01), "png"))
    with running(disk / "home") as api:
        serving = api.children()
        token = api.login()
        workload_id = api.json("/workloads", "--request", "POST", token=token)["workload_id"]

        def status(path: str, *arguments: str) -> str:
            said = ("--output", os.devnull, "--write-out", "%{http_code}")
            return api.curl(path, *arguments, *said, token=token).stdout

        upload = ("/images", "--form", f"data=@{picture}", "--form", f"workload_id={workload_id}")
        disks.fill(ballast)
        assert status(*upload) == "507"
        reads = ("/status", "/workloads", "/workers", "/filters", f"/workloads/{workload_id}", "/tokens")
        assert {status(path) for path in (*reads, "/metrics", "/audit")} == {"200"}
        assert {status(f"/images/{number}") for number in range(5)} == {"404"}
        assert [process.pid for process in api.children()] == [process.pid for process in serving]
        ballast.unlink()
        assert status(*upload) == "201"


def test_who_filled_the_disk_can_make_room_again(tmp_path: Path, small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(24)
    picture = tmp_path / "picture.png"
    picture.write_bytes(encode(photograph(1, 0.2), "png"))
    with running(disk / "home") as api:
        token = api.login()
        workload_id = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
        upload = ("--form", f"data=@{picture}", "--form", f"workload_id={workload_id}")
        said = ("--output", os.devnull, "--write-out", "%{http_code}")
        while (status := api.curl("/images", *upload, *said, token=token).stdout) == "201":
            pass
        assert status == "507"
        again = api.login()
        assert api.json(f"/workloads/{workload_id}/images", token=again)["images"]
        deleted = api.curl(f"/workloads/{workload_id}", "--request", "DELETE", *said, token=again).stdout
        assert deleted == "200"
        workload_id = api.json("/workloads", "--request", "POST", token=again)["workload_id"]
        upload = ("--form", f"data=@{picture}", "--form", f"workload_id={workload_id}")
        assert api.curl("/images", *upload, *said, token=token).stdout == "201"
