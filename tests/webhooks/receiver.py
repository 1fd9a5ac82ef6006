"""A real receiver of webhooks: what came, and answers as a test wants them."""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dpip.authority import Issued
from dpip_client.webhooks import verify

WITHIN_S = 20.0


@dataclass(frozen=True)
class Came:
    """A request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        return verify(secret, self.headers, self.body)


Answering = Callable[[Came, BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answering:
    """Answers so, without a body."""

    def answer(_came: Came, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


FINE = status(204)


@dataclass
class Receiver:
    """Answers come from `answers` in turn, then `usual`."""

    url: str
    came: list[Came] = field(default_factory=list)
    answers: list[Answering] = field(default_factory=list)
    usual: Answering = FINE
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int) -> list[Came]:
        """What came, once there are so many."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.came) >= count, WITHIN_S), self.came
            return list(self.came)

    def take(self, came: Came) -> Answering:
        with self.news:
            self.came.append(came)
            self.news.notify_all()
            return self.answers.pop(0) if self.answers else self.usual


@contextmanager
def receiving(tls: Issued | None = None) -> Iterator[Receiver]:
    """On a port of its own; with `tls`, by that certificate."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Who breaks a connection off is no news here."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came = Came(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            try:
                receiver.take(came)(came, self)
            except OSError:  # nobody waits for the answer any more
                self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = _encrypted(server.socket, tls)
        scheme = "http" if tls is None else "https"
        receiver = Receiver(f"{scheme}://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def _encrypted(plain: socket.socket, tls: Issued) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(tls.certificate + tls.key)
        file.flush()
        context.load_cert_chain(file.name)
    return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
