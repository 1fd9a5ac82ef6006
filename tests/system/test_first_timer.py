"""The three commands with which README.md begins, given in a fresh clone by somebody who never saw DPIP."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import psutil
import pytest

from tests.pictures import photographs
from tests.system.system import eventually

ROOT = Path(__file__).resolve().parents[2]


def commands() -> list[str]:
    start = (ROOT / "README.md").read_text().split("\n## Start\n")[1]
    block = re.search(r"^```sh\n(.*?)^```$", start, re.MULTILINE | re.DOTALL)
    assert block is not None
    return block[1].splitlines()


def set_up(checkout: Path) -> None:
    """What `make run` would download is what this environment has; the rest is its own set-up's."""
    program = checkout / "tools" / "setup.py"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    python = checkout / ".venv" / "bin" / "python"
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run(
        [python, "-c", query], check=True, capture_output=True, text=True
    ).stdout.strip()
    (Path(packages) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    own = runpy.run_path(str(program))
    own["add_checkout"]()
    own["DONE"].write_text(json.dumps({"root": str(checkout), "done": {"run": own["wanted"]("run")}}))


def test_from_git_clone_to_a_filtered_folder(tmp_path: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone, or git is not installed: apt-get install -y git")
    clone, start, run = commands()
    checkout = tmp_path / "dpip"
    clone = clone.replace("<this repository>", str(ROOT))
    subprocess.run(["sh", "-c", clone], cwd=tmp_path, check=True, capture_output=True)
    set_up(checkout)
    pictures = list(photographs(3, smallest=0.1, largest=0.3))
    for folder, picture in zip(("", "day 1", "day 1/evening"), pictures, strict=True):
        (checkout / "photos" / folder).mkdir(parents=True, exist_ok=True)
        (checkout / "photos" / folder / picture.name).write_bytes(picture.data)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DPIP_PORT": "0",
        "DPIP_CONTROLLER": "localhost:0",
    }
    log = tmp_path / "make.log"
    with log.open("w") as out:
        system = subprocess.Popen(
            start.split(), cwd=checkout, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    family: list[psutil.Process] = []
    try:
        eventually(lambda: "ready after" in log.read_text() or system.poll() is not None, "summary", 120)
        assert system.poll() is None, log.read_text()
        family = psutil.Process(system.pid).children(recursive=True)
        (
            environment.pop("DPIP_PORT"),
            environment.pop("DPIP_CONTROLLER"),
        )  # the command finds the system by itself
        done = subprocess.run(
            ["sh", "-c", run],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr + log.read_text()
        assert done.stdout.startswith("3 results of 3 pictures saved in blurred")
        assert tree(checkout / "blurred") == tree(checkout / "photos")
    finally:
        if system.poll() is None:
            os.killpg(system.pid, signal.SIGINT)  # Ctrl-C
            system.wait(60)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive, f"left behind: {alive}"


def tree(folder: Path) -> list[str]:
    files = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(str(file) for file in files if file.parts[0] != ".dpip")
