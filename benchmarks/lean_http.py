"""HTTP over kept connections at the least cost: the client shares its cores with what it measures."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_PIECE = 1 << 18
_BOUNDARY = "dpip-benchmark-boundary"
_FORM_END = f"\r\n--{_BOUNDARY}--\r\n".encode()
_AT_ONCE = 512  # pieces in one system call; the kernel takes 1024
MULTIPART = f"multipart/form-data; boundary={_BOUNDARY}"
_BAD = 400
Parts = Sequence[bytes]


class Refused(Exception):
    """The server answered with a status of 400 or more, or with something we cannot read."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One kept connection, for one thread. Answers need a Content-Length: all servers here give one."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "localhost", parts.port or 80)
        self._socket: socket.socket | None = None
        self._left = b""
        self.sent_at = 0.0  # when the last byte of the last request was handed to the kernel
        lines = [f"Host: {parts.netloc}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        self._headers = "".join(f"{line}\r\n" for line in lines)

    def ask(self, method: str, path: str, body: Parts = (), content_type: str = "") -> Answer:
        """Raises `Refused`; a kept connection that the server has closed is opened anew, once."""
        kept = self._socket is not None
        try:
            answer = self._exchange(method, path, body, content_type)
        except ConnectionError:
            self.close()
            if not kept:
                raise
            answer = self._exchange(method, path, body, content_type)
        if answer.status >= _BAD:
            raise Refused(answer.status, f"{method} {path}: {answer.body[:300].decode(errors='replace')}")
        return answer

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""

    def _exchange(self, method: str, path: str, body: Parts, content_type: str) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}"
        if content_type:
            head += f"Content-Type: {content_type}\r\n"
        if body or method == "POST":
            head += f"Content-Length: {sum(map(len, body))}\r\n"
        _send(self._socket, [f"{head}\r\n".encode(), *body])
        self.sent_at = time.time()
        return self._receive(self._socket)

    def _receive(self, sock: socket.socket) -> Answer:
        data = self._left
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += _some(sock)
        status = int(data[9:12])
        head = data[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        if at < 0:
            raise Refused(status, f"an answer without a Content-Length: {data[:end]!r}")
        length = int(head[at + 17 :].split(b"\r\n", 1)[0])
        pieces, have = [data[end + 4 :]], len(data) - end - 4
        while have < length:
            pieces.append(_some(sock))
            have += len(pieces[-1])
        body = b"".join(pieces)
        self._left = body[length:]
        return Answer(status, body[:length])


class Client:
    """A connection per thread."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self.url = url
        self._headers = headers
        self._local = threading.local()
        self._made: list[Connection] = []

    def ask(self, method: str, path: str, body: Parts = (), content_type: str = "") -> Answer:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = Connection(self.url, self._headers)
            self._made.append(connection)
        return connection.ask(method, path, body, content_type)

    def last_sent(self) -> float:
        """When this thread's last request was sent whole, by the wall clock."""
        connection: Connection = self._local.connection
        return connection.sent_at

    def close(self) -> None:
        for connection in self._made:
            connection.close()


def form(name: str, data: bytes, fields: Mapping[str, str]) -> list[bytes]:
    """A multipart form with one file in the field `data`; the file's bytes are not copied."""
    text = "".join(
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    )
    return [text.encode() + _file_head(name), data, _FORM_END]


def form_of_files(files: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """A multipart form with many files, all in the field `data`."""
    pieces = [piece for name, data in files for piece in (_file_head(name), data, b"\r\n")]
    return [*pieces[:-1], _FORM_END]


def _file_head(name: str) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="data"; filename="{name}"\r\n'
    return f"{head}Content-Type: application/octet-stream\r\n\r\n".encode()


def _send(sock: socket.socket, pieces: list[bytes]) -> None:
    """All of it in as few system calls as the kernel takes."""
    views = [memoryview(piece) for piece in pieces if piece]
    first = 0
    while first < len(views):
        sent = sock.sendmsg(views[first : first + _AT_ONCE])
        while first < len(views) and sent >= len(views[first]):
            sent -= len(views[first])
            first += 1
        if sent:
            views[first] = views[first][sent:]


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(_PIECE)
    if not data:
        raise ConnectionResetError("the server closed the connection")
    return data
