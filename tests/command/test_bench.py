"""`dpip bench` against a real system, and what it says when it cannot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.corpus import photographs
from command.bench_report import Job, report
from tests.system.system import PASSWORD, USER, System

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "command", "bench", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "120", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "inner").mkdir(parents=True)
    one, other = photographs(2, smallest=0.3, largest=0.6)
    (folder / "one.jpg").write_bytes(one.data)
    (folder / "inner" / "OTHER.JPG").write_bytes(other.data)
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.mark.system
@pytest.mark.ray
def test_a_folder_goes_through_a_running_system(pictures: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    system = System(home, workers=1)
    try:
        client = system.ready()
        own = {"DPIP_HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        who = {"DPIP_USER": USER, "DPIP_PASSWORD": PASSWORD, **own}  # logged in without being asked
        told = bench(str(pictures), "--filter", "blur", **who)
        assert told.returncode == 0, told.stderr
        assert "2 of 2 pictures, 0.9 megapixels" in told.stdout
        assert re.search(r"^local-1 +2 +0\.9 +100 %$", told.stdout, re.MULTILINE)
        assert re.search(r"^decode +\d+\.\d", told.stdout, re.MULTILINE)
        assert not client.ask("GET", "/workloads")["workloads"], "it removes its workload"

        (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
        told = bench(str(pictures), "--keep", **who)
        assert told.returncode == 3
        assert "broken.jpg: " in told.stderr
        assert "2 of 2 pictures" in told.stdout
        [kept] = client.ask("GET", "/workloads")["workloads"]
        assert kept["filter"] == "grayscale"
        client.close()
    finally:
        system.stop()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    told = bench(str(empty), DPIP_TOKEN="x")
    assert (told.returncode, told.stdout) == (2, "")
    assert "holds no file that is called like a picture" in told.stderr


def test_an_api_that_does_not_answer_is_said(pictures: Path, unused_port: int) -> None:
    told = bench(str(pictures), "--url", f"http://127.0.0.1:{unused_port}", DPIP_TOKEN="x")
    assert told.returncode == 4
    assert "does not answer" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.fixture
def unused_port() -> int:
    from command.addresses import free_ports  # noqa: PLC0415

    return free_ports("127.0.0.1", 1)


def test_shares_are_by_pixels_and_failures_do_not_count() -> None:
    stages = {"fetch": 0.001, "decode": 0.002}
    jobs = [
        Job("a", "fast", "done", stages),
        Job("b", "fast", "done", stages),
        Job("c", "slow", "done", stages),
        Job("d", "slow", "failed", {}),
    ]
    text = report(jobs, {"a": 1.0, "b": 2.0, "c": 1.0, "d": 50.0}, seconds=2.0, uploaded_s=0.5)
    assert "3 of 4 pictures, 4.0 megapixels, in 2.00 s" in text
    assert "1.5 images/s, 2.0 MP/s" in text
    assert re.search(r"^fast +2 +3\.0 +75 %$", text, re.MULTILINE)
    assert re.search(r"^slow +1 +1\.0 +25 %$", text, re.MULTILINE)
    assert re.search(r"^decode +2\.0 +2\.0 +2\.0$", text, re.MULTILINE)
