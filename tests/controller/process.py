"""A real `python -m controller`, to be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from dpip.home import Home
from dpip.records import read_record

UP_WITHIN_S = 60.0
_ROOT = Path(__file__).resolve().parents[2]


class ControllerProcess:
    """One home, and one controller in it at a time. The first takes any ports; later ones the same."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = Home(home)
        self.record = self.home.run / "controller.json"
        self.log = home / "controller.log"
        self.controller = "localhost:0"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def join_token(self) -> str:
        return self.home.join_token.read_text()

    def launch(self, stderr: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Just the process; its caller waits for it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DPIP_")}
        given = {f"DPIP_{name.upper()}": value for name, value in self._settings.items()}
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "controller",
                "--home",
                str(self.home.path),
                "--controller",
                self.controller,
            ],
            cwd=_ROOT,
            env=kept | given,
            stderr=stderr,
        )

    def start(self) -> None:
        """Returns when it is up."""
        self.record.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = self.launch(log)
        deadline = time.monotonic() + UP_WITHIN_S
        while (known := read_record(self.record)) is None:
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        assert known["pid"] == self._process.pid
        self.controller = known["address"]

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop it in order; returns its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        status = self._process.wait(timeout=UP_WITHIN_S)
        self._process = None
        return status
