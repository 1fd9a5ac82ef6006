"""A Redis of our own, in memory, on a free port."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import redis

from benchmarks.rivals.protocol import Missing

_START_S = 10.0


class RedisServer:
    """Raises Missing where there is none."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            raise Missing("redis-server is not installed: apt-get install -y redis-server")
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            ["redis-server", *options, "--dir", str(folder)], stdout=subprocess.DEVNULL
        )
        self.client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError("redis-server does not answer")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def close(self) -> None:
        self.client.close()
        self._process.terminate()
        self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
