"""`dpip backup` while uploads and deletions go on, and `dpip restore` into an empty home."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from command.archive import Reader, Writer
from dpip.home import Home
from tests.api.processes import PASSWORD, ApiProcess, running
from tests.datastore.invariants import check_invariants
from tests.pictures import encode, photograph
from tests.system.client import Client

ROOT = Path(__file__).resolve().parents[2]
PICTURES = [encode(photograph(number, 0.003), "jpeg") for number in range(4)]
BEFORE = 40


def dpip(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "command", *arguments],
        cwd=ROOT,
        env={**os.environ, "DPIP_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def client_of(api: ApiProcess) -> Client:
    client = Client(api.url, "admin", PASSWORD)
    client.login()
    return client


class Uploads:
    """Uploads, and workloads that come and go, in threads of their own until `stop`."""

    def __init__(self, client: Client, workload: str) -> None:
        self._client, self._workload = client, workload
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(3)
        self.count = 0
        self._running = [self._pool.submit(run) for run in (self._upload, self._upload, self._come_and_go)]

    def _upload(self) -> None:
        while not self._over.is_set():
            self._client.upload(self._workload, "later.jpg", PICTURES[1])
            self.count += 1

    def _come_and_go(self) -> None:
        for number in itertools.count():
            if self._over.is_set():
                return
            workload = self._client.create(f"passing {number}")
            for _ in range(3):
                self._client.upload(workload, "passing.jpg", PICTURES[2])
            self._client.ask("DELETE", f"/workloads/{workload}")

    def stop(self) -> None:
        self._over.set()
        for future in self._running:
            future.result(30)
        self._pool.shutdown()


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_a_backup_taken_under_load_comes_back_whole(tmp_path: Path, name: str) -> None:
    old, new, target = tmp_path / "old", tmp_path / "new", tmp_path / name
    with running(old) as api:
        client = client_of(api)
        workload = client.create("kept")
        kept = {
            client.upload(workload, f"{number}.jpg", PICTURES[number % 4]): PICTURES[number % 4]
            for number in range(BEFORE)
        }
        uploads = Uploads(client, workload)
        done = dpip(old, "backup", str(target))
        uploads.stop()
        assert uploads.count > 0
        assert (done.returncode, done.stderr) == (0, "")
        assert "without secrets" in done.stdout
        client.close()
    assert stat.S_IMODE(target.stat().st_mode) in {0o600, 0o700}
    assert not list(tmp_path.glob("*.unfinished"))

    restored = dpip(new, "restore", str(target))
    assert (restored.returncode, restored.stderr) == (0, "")
    check_invariants(f"sqlite:///{new / 'dpip.sqlite3'}")
    assert Home(new).first_password.exists() is False
    with running(new) as api:
        client = client_of(api)
        assert {one["workload_name"] for one in every(client, "/workloads", "workloads")} >= {"kept"}
        for image_id, data in kept.items():
            assert client.image(image_id) == data
        for seen in every(client, "/workloads", "workloads"):
            for image in every(client, f"/workloads/{seen['workload_id']}/images", "images"):
                assert client.image(image["image_id"]) in PICTURES, "a row without bytes"
        after = client.upload(workload, "after.jpg", PICTURES[3])
        assert after > max(kept), "ids go on where they stood"
        client.close()

    again = dpip(new, "restore", str(target))
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert dpip(new, "restore", str(target), "--overwrite").returncode == 0
    check_invariants(f"sqlite:///{new / 'dpip.sqlite3'}")


def every(client: Client, path: str, items: str) -> list[dict[str, str]]:
    page = client.ask("GET", f"{path}?limit=1000")
    assert page["next"] is None
    return list(page[items])


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(home, backup with secrets)"""
    home, target = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("backups") / "one"
    with running(home) as api:
        client = client_of(api)
        client.upload(client.create("one"), "one.jpg", PICTURES[0])
        client.close()
        assert dpip(home, "backup", str(target), "--with-secrets").returncode == 0
    return home, target


def test_secrets_come_back_where_they_were_asked_for(backed_up: tuple[Path, Path], tmp_path: Path) -> None:
    home, target = backed_up
    assert dpip(tmp_path, "restore", str(target)).returncode == 0
    back = Home(tmp_path).join_token
    assert back.read_text() == Home(home).join_token.read_text()
    assert stat.S_IMODE(back.stat().st_mode) == 0o600
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=target, check=False)
    assert checked.returncode == 0, "people can check it without us"


def test_a_damaged_backup_changes_no_database(backed_up: tuple[Path, Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(backed_up[1], damaged)
    [picture] = (path for path in (damaged / "images").rglob("*") if path.is_file())
    picture.write_bytes(picture.read_bytes()[:-1] + b"x")
    result = dpip(tmp_path / "home", "restore", str(damaged))
    assert result.returncode == 1
    assert "damaged" in result.stderr
    assert not (tmp_path / "home" / "dpip.sqlite3").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["backup", "{target}"], "there already"),
        (["restore", "{home}"], "no whole backup"),
        (["restore", "{target}/manifest.json"], "no backup"),
    ],
)
def test_what_cannot_be_is_told(backed_up: tuple[Path, Path], arguments: list[str], says: str) -> None:
    home, target = backed_up
    result = dpip(home, *(word.format(home=home, target=target) for word in arguments))
    assert result.returncode == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_bytes_that_should_be_there_are_missed(tmp_path: Path) -> None:
    with running(tmp_path / "home") as api:
        client = client_of(api)
        client.upload(client.create("one"), "one.jpg", PICTURES[0])
        client.close()
    for file in (tmp_path / "home" / "images" / "one").iterdir():
        file.unlink()
    result = dpip(tmp_path / "home", "backup", str(tmp_path / "backup"))
    assert result.returncode == 1
    assert "no bytes for 1 images" in result.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_the_manifest_says_what_is_in_it(backed_up: tuple[Path, Path]) -> None:
    manifest = json.loads((backed_up[1] / "manifest.json").read_text())
    assert manifest["images"] == 1
    assert manifest["rows"]["images"] == manifest["rows"]["jobs"] == 1
    assert manifest["secrets"] == ["join_token"]


class Counting(io.BytesIO):
    """Knows the largest piece that was read of it."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.most = max(self.most, len(data))
        return data


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_a_video_is_not_held_in_memory(tmp_path: Path, name: str) -> None:
    video = Counting(os.urandom(5 * 2**20))
    writer = Writer(tmp_path / name)
    assert writer.copy("images/film/video.mp4", video) == 5 * 2**20
    writer.finish(b"{}", hashlib.sha256(writer.sums).hexdigest())
    assert video.most <= 2**20
    reader = Reader(tmp_path / name)
    pieces = list(reader.pieces("images/film/video.mp4"))
    reader.close()
    assert max(map(len, pieces)) <= 2**20
    assert b"".join(pieces) == video.getvalue()
