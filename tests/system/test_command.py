"""`dpip` against a real system, as a process: in a pipe, on a terminal, cut off and taken up again."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.corpus import photographs
from tests.system.small import small_pictures
from tests.system.system import PASSWORD, USER, System, eventually

ROOT = Path(__file__).resolve().parents[2]
MANY = 160


@pytest.fixture
def environment(system: System, tmp_path: Path) -> dict[str, str]:
    """Of somebody who is logged in, with a configuration of their own."""
    client = system.ready()
    client.close()
    own = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'client'}",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "DPIP_HOME": str(tmp_path / "no home"),
        "COLUMNS": "100",
        "TERM": "xterm",
    }
    shown = dpip(own, "login", client.url, "--user", USER, "--password-stdin", given=f"{PASSWORD}\n")
    assert shown.stdout == f"{USER} is logged in at {client.url}\n", shown.stderr
    return own


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    one, other = photographs(2, smallest=0.3, largest=0.6)
    inner = tmp_path / "photos" / "inner folder"
    inner.mkdir(parents=True)
    (inner.parent / "one.JPG").write_bytes(one.data)
    (inner / "other.jpeg").write_bytes(other.data)
    (inner / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    (inner / "notes.txt").write_text("not a picture")
    return inner.parent


def dpip(
    environment: dict[str, str], *arguments: str, given: str = "", cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "command", *arguments],
        cwd=cwd,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def files(folder: Path) -> list[str]:
    return sorted(
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and ".dpip" not in file.parts
    )


def test_a_folder_comes_back_filtered_with_what_failed_and_why(
    environment: dict[str, str], photos: Path, tmp_path: Path
) -> None:
    run = ("run", "photos", "--filter", "blur:sigma=2|grayscale", "--out", "out", "--json")
    shown = dpip(environment, *run, cwd=tmp_path)
    assert shown.returncode == 3, shown.stderr
    told = json.loads(shown.stdout)
    assert (told["pictures"], told["saved"], told["saved_before"]) == (3, 2, 0)
    [failed] = told["failed"]
    assert failed["file"] == "inner folder/broken.jpg"
    assert "cut off" in failed["reason"]
    assert "1 file not called like pictures" in shown.stderr
    assert files(tmp_path / "out") == ["inner folder/other.jpeg", "one.JPG"]
    with Image.open(tmp_path / "out" / "one.JPG") as picture:
        assert picture.mode == "L"

    again = json.loads(dpip(environment, *run, cwd=tmp_path).stdout)
    assert (again["workload_id"], again["saved"], again["saved_before"]) == (told["workload_id"], 2, 2)

    (tmp_path / "out" / "one.JPG").unlink()
    (photos / "new.jpg").write_bytes((photos / "one.JPG").read_bytes())
    plain = dpip(environment, *run[:-1], cwd=tmp_path)
    assert "3 results of 4 pictures saved in out, 1 of them before" in plain.stdout
    assert files(tmp_path / "out") == ["inner folder/other.jpeg", "new.jpg", "one.JPG"]

    alone = dpip(environment, "run", "photos/inner folder/broken.jpg", "--out", "none", cwd=tmp_path)
    assert alone.returncode == 3, "where every picture is refused there is nothing to wait for"
    assert "0 results of 1 picture saved in none" in alone.stdout

    film = tmp_path / "film.mov"
    film.touch()
    assert "dpip video film.mov" in dpip(environment, "run", "film.mov", cwd=tmp_path).stderr

    other = dpip(environment, "run", "photos", "--filter", "sepia", "--out", "out", cwd=tmp_path)
    assert other.returncode == 2
    assert "another filter (blur:sigma=2|grayscale)" in other.stderr


def test_several_outputs_have_a_tree_each(environment: dict[str, str], photos: Path, tmp_path: Path) -> None:
    pipeline = "{large=grayscale; icon=thumbnail:size=32|convert:format=png}"
    shown = dpip(environment, "run", str(photos / "one.JPG"), "-f", pipeline, "-o", "sizes", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert files(tmp_path / "sizes") == ["icon/one.png", "large/one.JPG"]


def test_ctrl_c_in_the_middle_and_the_same_command_again_do_nothing_twice(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "many").mkdir()
    for name, data in small_pictures(MANY):
        (tmp_path / "many" / name).write_bytes(data)
    command = [sys.executable, "-m", "command", "run", "many", "--out", "out", "--filter", "denoise"]
    journal = tmp_path / "out" / ".dpip" / "journal.jsonl"

    def noted(what: str) -> list[str]:
        lines = journal.read_text().splitlines() if journal.exists() else []
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        return [entry["image"] for entry in entries if entry["what"] == what]

    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and what they start inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        eventually(lambda: len(noted("saved")) > 5, "some results")
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 130, told
    assert f"of {MANY} are done; the same command goes on from here" in told
    assert "Traceback" not in told
    before = len(noted("saved"))
    assert before < MANY, "it was cut off too late to tell"

    again = dpip(environment, *command[3:], "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    result = json.loads(again.stdout)
    assert result["saved"] == MANY
    assert result["saved_before"] == before
    assert max(Counter(noted("saved")).values()) == 1, "a result was downloaded twice"
    seen = json.loads(dpip(environment, "status", result["workload_id"], "--json").stdout)
    assert seen["total"] == MANY, "a picture was uploaded twice"
    assert files(tmp_path / "out") == files(tmp_path / "many")
    assert not (tmp_path / "out" / ".dpip" / "incoming").exists()


def on_a_terminal(environment: dict[str, str], *arguments: str, cwd: Path) -> tuple[int, str]:
    """The exit status, and all that the terminal was sent."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "command", *arguments],
        cwd=cwd,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 1.0)[0]:
                continue
            try:
                shown += os.read(ours, 1 << 16)
            except OSError:  # it has closed its end
                break
        return process.wait(timeout=30), shown.decode(errors="replace")
    finally:
        os.close(ours)
        if process.poll() is None:
            process.kill()
            process.wait()


def test_on_a_terminal_there_is_a_bar_and_colour_and_in_a_pipe_plain_columns(
    environment: dict[str, str], photos: Path, tmp_path: Path
) -> None:
    status, shown = on_a_terminal(environment, "run", "photos", "-o", "out", cwd=tmp_path)
    assert status == 3
    assert "filtering" in shown
    assert "1 failed" in shown
    assert "2 results of 3 pictures saved in out" in shown
    _, shown = on_a_terminal(environment, "workers", cwd=tmp_path)
    assert "\x1b[32malive" in shown
    piped = dpip(environment, "workers")
    assert "\x1b" not in piped.stdout
    assert piped.stdout.splitlines()[0].split()[:3] == ["NAME", "STATE", "HOST"]
    assert [line.split()[:2] for line in piped.stdout.splitlines()[1:]] == [
        ["local-1", "alive"],
        ["local-2", "alive"],
    ]


def test_what_goes_on_is_seen_and_changed_by_name(
    environment: dict[str, str], photos: Path, tmp_path: Path
) -> None:
    name = "by name"
    dpip(environment, "run", str(photos), "-o", str(tmp_path / "out"), "--name", name)
    shown = dpip(environment, "status", name).stdout
    assert "status    completed" in shown
    assert "pictures  2: 2 done" in shown
    assert dpip(environment, "status").stdout.startswith("system   Distributed and Parallel")
    watched = dpip(environment, "watch", name)
    assert (watched.returncode, watched.stdout) == (0, "by name: 2 done, 0 failed\n")
    listed = json.loads(dpip(environment, "workloads", "--json").stdout)
    assert listed[0]["workload_name"] == name
    assert dpip(environment, "resume", name).stdout == "nothing of by name was cancelled: it is completed\n"
    saved = dpip(environment, "download", name, cwd=tmp_path)
    assert saved.returncode == 0, saved.stderr
    assert files(tmp_path / name) == ["one.JPG", "other.jpeg"]
    assert "sigma" in dpip(environment, "filters", "blur").stdout
    assert dpip(environment, "cancel", "last").stdout.startswith("by name is cancelled: 2 done and kept")
    unknown = dpip(environment, "status", "nobody knows it")
    assert unknown.returncode == 1
    assert "dpip workloads lists them" in unknown.stderr


def test_logging_out_makes_the_token_useless(environment: dict[str, str]) -> None:
    kept = Path(environment["XDG_CONFIG_HOME"]) / "dpip" / "credentials.json"
    [(url, login)] = json.loads(kept.read_text())["logins"].items()
    assert dpip(environment, "logout").stdout == f"logged out at {url}\n"
    shown = dpip(environment | {"DPIP_URL": url, "DPIP_TOKEN": login["token"]}, "status")
    assert shown.returncode == 5
    assert f"Log in: dpip login {url}" in shown.stderr


def test_the_owner_of_the_system_needs_no_login(tmp_path_factory: pytest.TempPathFactory) -> None:
    """From `make run` to a filtered folder with one command."""
    folder = tmp_path_factory.mktemp("first")
    system = System(folder, workers=1, DPIP_PASSWORD="")
    environment = {
        "PATH": os.environ["PATH"],
        "DPIP_HOME": str(folder),
        "DPIP_USER": USER,
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    try:
        [photo] = photographs(1, smallest=0.3, largest=0.6)
        (folder / "photo.jpg").write_bytes(photo.data)
        eventually(lambda: system.record("api"), "API")
        shown = dpip(environment, "run", str(folder / "photo.jpg"), "--out", str(folder / "out"))
        assert shown.returncode == 0, shown.stderr
        assert (folder / "out" / "photo.jpg").exists()
        token = dpip(environment, "login", "--print-token").stdout.strip()
        assert len(token) > 20
        kept = folder / "config" / "dpip" / "credentials.json"
        kept.write_text(kept.read_text().replace('"token": "', '"token": "dead'))
        assert dpip(environment, "status").returncode == 0, "a token that died is replaced"
        assert dpip(environment, "doctor").returncode == 0
    finally:
        system.stop()
