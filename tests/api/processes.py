"""`python -m api` as a process, and clients that behave as badly as real ones do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
PASSWORD = "battery staple"
STARTS_WITHIN_S = 60.0


class ApiProcess:
    """A running API on a free port, with nobody on the bus."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.record = home / "run" / "api.json"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api", "--controller", "localhost:9"],
            cwd=ROOT,
            env={
                **os.environ,
                "DPIP_HOME": str(home),
                "DPIP_PORT": "0",
                "DPIP_PASSWORD": PASSWORD,
                **environment,
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self._wait_for_url()
        self.port = int(self.url.rsplit(":", 1)[1])
        self.curl("/health/live", "--insecure")  # waits until a serving process is there

    def _wait_for_url(self) -> str:
        assert self.process.stderr
        for line in self.process.stderr:  # ends when the process does
            if "listening" in line:
                return str(json.loads(self.record.read_text())["url"])
        raise AssertionError(f"the API ended with {self.process.wait()}")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def curl(self, path: str, *arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
        bearer = ("--header", f"Authorization: Bearer {token}") if token else ()
        return subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "30", *bearer, *arguments, self.url + path],
            capture_output=True,
            text=True,
            check=True,
        )

    def json(self, path: str, *arguments: str, token: str | None = None) -> Any:
        return json.loads(self.curl(path, *arguments, token=token).stdout)

    def login(self) -> str:
        answer = self.json("/login", "--user", f"admin:{PASSWORD}", "--request", "POST")
        return str(answer["token"])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.kill()

    def kill(self) -> None:
        """As a power cut would: nobody gets to say good-bye."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


@contextmanager
def running(home: Path, **environment: str) -> Iterator[ApiProcess]:
    api = ApiProcess(home, **environment)
    try:
        yield api
    finally:
        children = api.children() if api.process.poll() is None else []
        api.kill()
        psutil.wait_procs(children, 10)


def until(condition: Any, timeout_s: float = 20.0) -> None:
    """Wait for something in another process; fail when it does not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def answer(sock: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next response on a connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            raise ConnectionError(f"closed after {data!r}")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
    while len(body) < length:
        body += sock.recv(65536)
    return int(lines[0].split()[1]), body


def upload_request(
    token: str, workload_id: str, data: bytes, *extra: str, path: str = "/images"
) -> tuple[bytes, bytes]:
    """Head and body of a multipart upload."""
    body = (
        f'--B\r\nContent-Disposition: form-data; name="workload_id"\r\n\r\n{workload_id}\r\n'
        '--B\r\nContent-Disposition: form-data; name="data"; filename="a.jpg"\r\n\r\n'
    ).encode() + data
    body += b"\r\n--B--\r\n"
    head = "\r\n".join(
        [
            f"POST {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {token}",
            "Content-Type: multipart/form-data; boundary=B",
            f"Content-Length: {len(body)}",
            *extra,
            "",
            "",
        ]
    )
    return head.encode(), body
