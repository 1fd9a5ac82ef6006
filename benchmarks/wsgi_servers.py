"""Which WSGI server carries uploads best? The figures of docs/adr/0002-wsgi-server.md come from here.

    python benchmarks/wsgi_servers.py [--seconds 3] [--servers cheroot,gunicorn,granian,waitress]

Each server runs the same tiny Flask application, which writes the file of a multipart upload to a
temporary file as it arrives, with 8 threads in one process. Two client threads push 20 kB and 5 MB
bodies, with and without keep-alive; CPU time is that of the server's whole process tree. Then come the
bodies of real life: 200 MB (memory, bytes written), announced but held back (does the application start
at once?), cut off half-way, `Expect: 100-continue`, trickled headers, and SIGTERM during an upload.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import psutil
from flask import Flask, Request, request

SERVERS = ("cheroot", "gunicorn", "granian", "waitress")
THREADS = 8
BOUNDARY = "b0undary"
FOLDER_VARIABLE = "WSGI_BENCHMARK_FOLDER"
LIMIT = 1 << 30


# --- the application -----------------------------------------------------------------------------


class StreamingRequest(Request):
    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=os.environ[FOLDER_VARIABLE])


def make_app() -> Flask:
    app = Flask("benchmark")
    app.request_class = StreamingRequest
    events = Path(os.environ[FOLDER_VARIABLE]) / "events"

    def note(event: str) -> None:
        with events.open("a") as stream:
            stream.write(f"{event} {time.time()}\n")

    @app.post("/")
    def upload() -> dict[str, int]:
        noted = "X-Note" in request.headers
        if noted:
            note("entered")
        try:
            size = request.files["data"].stream.seek(0, os.SEEK_END)
        except Exception as error:
            note(f"error:{type(error).__name__}")
            raise
        if noted:
            note("finished")
        return {"size": size}

    return app


def serve(server: str, port: int) -> None:
    """Run one server in the foreground until SIGTERM."""
    if server == "cheroot":
        from cheroot.wsgi import Server  # noqa: PLC0415 - only the server under test is loaded

        cheroot = Server(("127.0.0.1", port), make_app(), numthreads=THREADS, request_queue_size=128)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=cheroot.stop).start())
        cheroot.safe_start()
    elif server == "waitress":
        import waitress  # noqa: PLC0415

        waitress.serve(make_app(), host="127.0.0.1", port=port, threads=THREADS, max_request_body_size=LIMIT)
    elif server == "granian":
        from granian import Granian  # noqa: PLC0415

        Granian(
            "wsgi_servers:make_app",
            factory=True,
            address="127.0.0.1",
            port=port,
            interface="wsgi",
            blocking_threads=THREADS,
            working_dir=Path(__file__).parent,
            http="1",
        ).serve()
    else:
        sys.path.insert(0, str(Path(__file__).parent))
        sys.argv = [
            "gunicorn", "-k", "gthread", "--threads", str(THREADS), "-b", f"127.0.0.1:{port}",
            "--keep-alive", "30", "--no-control-socket", "wsgi_servers:make_app()",
        ]  # fmt: skip
        from gunicorn.app.wsgiapp import run  # noqa: PLC0415

        run()


# --- measuring -----------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A server process tree under measurement."""

    def __init__(self, server: str, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.events = folder / "events"
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", server, "--port", str(self.port)],
            env={**os.environ, FOLDER_VARIABLE: str(folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while not self._answers():
            if time.monotonic() > deadline:
                raise SystemExit(f"{server} did not come up")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return post(self.port, body(10))[0] == 200
        except OSError:
            return False

    def tree(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def cpu_s(self) -> float:
        return sum(p.cpu_times().user + p.cpu_times().system for p in self.tree())

    def sum_of(self, field: str, file: str) -> int:
        """Sum a `Name: value` line of /proc/<pid>/<file> over the tree."""
        total = 0
        for process in self.tree():
            for line in Path(f"/proc/{process.pid}/{file}").read_text().splitlines():
                if line.startswith(f"{field}:"):
                    total += int(line.split()[1])
        return total

    def noted(self, event: str) -> float | None:
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        found = [float(line.split()[1]) for line in lines if line.startswith(event)]
        return found[-1] if found else None

    def stop(self) -> None:
        for process in reversed(self.tree()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


def body(size: int) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="data"; filename="a.jpg"\r\n\r\n'
    return head.encode() + os.urandom(size) + f"\r\n--{BOUNDARY}--\r\n".encode()


def headers(length: int, *extra: str) -> bytes:
    lines = [
        "POST / HTTP/1.1", "Host: localhost", f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        f"Content-Length: {length}", *extra, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def post(
    port: int, payload: bytes, connection: http.client.HTTPConnection | None = None
) -> tuple[int, bytes]:
    target = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        target.request("POST", "/", payload, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
        answer = target.getresponse()
        return answer.status, answer.read()
    finally:
        if connection is None:
            target.close()


def rate(running: Running, size: int, keep_alive: bool, seconds: float) -> dict[str, float]:
    payload = body(size)
    counts = [0, 0]
    end = time.monotonic() + seconds

    def client(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60) if keep_alive else None
        while time.monotonic() < end:
            status, _ = post(running.port, payload, connection)
            if status != 200:
                raise OSError(f"the server answered {status}")
            counts[index] += 1
        if connection:
            connection.close()

    before, start = running.cpu_s(), time.monotonic()
    threads = [threading.Thread(target=client, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu = time.monotonic() - start, running.cpu_s() - before
    return {"per_s": round(sum(counts) / took, 1), "cpu_ms": round(1000 * cpu / sum(counts), 2)}


# --- bodies of real life -------------------------------------------------------------------------


def connect(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=15)


def answer(sock: socket.socket) -> str:
    try:
        return sock.recv(65536).decode(errors="replace").split("\r\n")[0] or "closed without an answer"
    except TimeoutError:
        return "nothing in 15 s"
    except OSError as error:
        return type(error).__name__


def big_body(running: Running) -> dict[str, Any]:
    size = 200_000_000
    memory, written = running.sum_of("VmHWM", "status"), running.sum_of("wchar", "io")
    status, _ = post(running.port, body(size))
    return {
        "status": status,
        "memory_mb": round((running.sum_of("VmHWM", "status") - memory) / 1000),
        "written_ratio": round((running.sum_of("wchar", "io") - written) / size, 2),
    }


def held_back(running: Running) -> str:
    payload = body(3_000_000)
    with connect(running) as sock:
        sock.sendall(headers(len(payload), "X-Note: 1") + payload[:2_000_000])
        time.sleep(1)
        entered = running.noted("entered")
        sock.sendall(payload[2_000_000:])
        line = answer(sock)
    return f"{'streams' if entered else 'buffers first'} ({line})"


def cut_off(running: Running) -> str:
    payload = body(3_000_000)
    running.events.unlink(missing_ok=True)
    with connect(running) as sock:
        sock.sendall(headers(len(payload), "X-Note: 1") + payload[:1_500_000])
        time.sleep(0.3)
    time.sleep(1)
    lines = running.events.read_text().splitlines() if running.events.exists() else []
    alive = post(running.port, body(10))[0]
    return f"app saw {[line.split()[0] for line in lines]}, next request {alive}"


def half_closed(running: Running) -> str:
    payload = body(3_000_000)
    with connect(running) as sock:
        sock.sendall(headers(len(payload)) + payload[:1_500_000])
        sock.shutdown(socket.SHUT_WR)
        return answer(sock)


def expects(running: Running) -> str:
    payload = body(3_000_000)
    with connect(running) as sock:
        sock.sendall(headers(len(payload), "Expect: 100-continue"))
        start = time.monotonic()
        first = answer(sock)
        waited = time.monotonic() - start
        with contextlib.suppress(OSError):
            sock.sendall(payload)
        return f"{first} after {waited:.3f} s, then {answer(sock)}"


def refused_unread(running: Running) -> str:
    """A 404 to a body that the application never reads: is the connection still in step afterwards?"""
    payload = body(300_000)
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    try:
        connection.request("POST", "/nowhere", payload, {"Content-Type": "text/plain"})
        first = connection.getresponse()
        first.read()
        status, _ = post(running.port, body(100), connection)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    else:
        return f"{first.status} then {status}"
    finally:
        connection.close()


def slow_clients(running: Running) -> str:
    socks = [connect(running) for _ in range(THREADS * 4)]
    for sock in socks:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
    time.sleep(0.5)
    start = time.monotonic()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
        post(running.port, body(10), connection)
        result = f"others served in {time.monotonic() - start:.2f} s"
    except OSError as error:
        result = f"others wait ({type(error).__name__} after 5 s)"
    connection.close()
    for sock in socks:
        sock.close()
    time.sleep(0.2)
    return result


def stop_gently(running: Running) -> str:
    payload = body(3_000_000)
    with connect(running) as sock:
        sock.sendall(headers(len(payload)) + payload[:1_500_000])
        time.sleep(0.3)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        with contextlib.suppress(OSError):
            sock.sendall(payload[1_500_000:])
        line = answer(sock)
    start = time.monotonic()
    try:
        code: object = running.process.wait(10)
    except subprocess.TimeoutExpired:
        code = "still there after 10 s"
    return f"{line}; exit {code} in {time.monotonic() - start:.1f} s"


PROBES: dict[str, Callable[[Running], Any]] = {
    "200 MB": big_body,
    "held back": held_back,
    "cut off": cut_off,
    "half closed": half_closed,
    "100-continue": expects,
    "unread body": refused_unread,
    "slow headers": slow_clients,
    "SIGTERM": stop_gently,
}


@contextlib.contextmanager
def running(server: str) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder:
        process = Running(server, Path(folder))
        try:
            yield process
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.stop()


def measure(server: str, seconds: float) -> dict[str, Any]:
    with running(server) as process:
        result: dict[str, Any] = {"server": server, "processes": len(process.tree())}
        for size in (20_000, 5_000_000):
            for keep_alive in (True, False):
                kind = f"{size // 1000} kB {'kept' if keep_alive else 'new'}"
                result[kind] = rate(process, size, keep_alive, seconds)
        for name, probe in PROBES.items():
            try:
                result[name] = probe(process)
            except OSError as error:
                result[name] = repr(error)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--serve", choices=SERVERS)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.port)
        return
    for server in options.servers.split(","):
        print(json.dumps(measure(server, options.seconds), indent=1), flush=True)


if __name__ == "__main__":
    main()
