"""What a scheduler says when Ray does not take it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONNECT = """
from dpip.errors import NotReady
from scheduler.ray_gateway import connect
try:
    connect("127.0.0.1:9", "127.0.0.1")
except NotReady as error:
    print(error.detail)
"""


def test_a_refusal_is_told_in_a_line(tmp_path: Path) -> None:
    environment = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-c", CONNECT],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("no connection to Ray at 127.0.0.1:9 from 127.0.0.1: ")
    assert len(done.stdout.splitlines()) == 1
