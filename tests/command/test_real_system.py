"""`dpip up` with the real components: what it prints works as pasted, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

PATIENCE_S = 90.0


def wait_for(output: Path, text: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while text not in (shown := output.read_text()):
        assert process.poll() is None, shown
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)
    return shown


@pytest.mark.ray
@pytest.mark.system
@pytest.mark.skipif(not shutil.which("curl"), reason="the login line needs curl: apt-get install -y curl")
def test_the_login_line_works_as_pasted_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    output = tmp_path / "output"
    flags = ["--home", str(tmp_path), "--port", "0", "--controller", "127.0.0.1:0", "--workers", "0"]
    with output.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "command", "up", *flags], stdout=stream, stderr=stream
        )
    family = [psutil.Process(process.pid)]
    try:
        shown = wait_for(output, "Ctrl-C stops all of it", process)
        family += family[0].children(recursive=True)
        token_line, status_line = (line.strip() for line in shown.splitlines() if "TOKEN" in line)
        script = f"{token_line}\n{status_line}"
        status = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
        password = (tmp_path / "secrets" / "first_password").read_text().strip()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        assert not [left for left in family if left.is_running()]
    finally:
        for left in family:
            if left.is_running():
                left.kill()
        process.wait()
    assert '"user":"admin"' in status.replace(" ", "")
    assert shown.count(password) == 1  # where it is told, and on no command line
    assert "starting it again" not in output.read_text()
    logs = {file.name: file.read_text(errors="replace") for file in (tmp_path / "logs").glob("*.log")}
    assert {"api.log", "controller.log", "ray.log", "scheduler.log"} <= logs.keys()
    assert not [name for name, text in logs.items() if password in text]
