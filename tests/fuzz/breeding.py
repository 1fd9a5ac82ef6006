"""Runs `tests.fuzz.guided` beside the blind breaking, with atheris from a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.fuzz.running import ROOT

TOOLS = ROOT / ".venv-fuzz"
_CORPUS, _FOUND, _LOG = TOOLS / "corpus", TOOLS / "found", TOOLS / "log"
_LAST_LINES = 30
_ENDS_WITHIN_S = 120.0


def available() -> bool:
    return (TOOLS / "atheris").is_dir()


def start(seconds: float, seed: int) -> subprocess.Popen[bytes]:
    """What it breeds is kept, and goes on from there the next time."""
    for folder in (_CORPUS, _FOUND):
        folder.mkdir(exist_ok=True)
    with _LOG.open("wb") as log:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.fuzz.guided", f"-max_total_time={max(1, round(seconds))}"),
                *(f"-seed={seed % 2**31}", f"-artifact_prefix={_FOUND}/", _CORPUS),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(TOOLS)))},
            stdout=log,
            stderr=log,
        )


def ended(guided: subprocess.Popen[bytes]) -> str:
    """What it has to say, once it is done: its last lines where it found something, with the file's place."""
    try:
        guided.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        guided.kill()
        guided.wait()
    lines = Path(_LOG).read_text(errors="replace").splitlines()
    if guided.returncode:
        return "\n".join(["it found something:", *lines[-_LAST_LINES:]])
    done = [line for line in lines if line.startswith("Done ")]
    reached = [line for line in lines if " cov: " in line]
    return f"{done[-1] if done else 'done'}; {reached[-1] if reached else 'nothing new was reached'}"
