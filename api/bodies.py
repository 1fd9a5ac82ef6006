"""Request bodies: a body that ends early is an error, and none is left lying on the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from functools import partial
from typing import IO, TYPE_CHECKING

from werkzeug.wsgi import FileWrapper

from dpip.errors import Malformed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PIECE_BYTES = 256 * 1024
COURTESY_BYTES = 2**30
COURTESY_S = 20.0


class Body:
    """`wsgi.input` that ends where the request's body ends, and complains when it ends before.

    Raises `Malformed` for a body that is shorter than its Content-Length says.
    """

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._stream: IO[bytes] = environ["wsgi.input"]
        length = str(environ.get("CONTENT_LENGTH") or "")
        self.length = int(length) if length.isdigit() else None
        chunked = "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
        self.received = 0
        self.ended = self.length == 0 or (self.length is None and not chunked)
        self._expects = "HTTP_EXPECT" in environ

    def read(self, size: int = -1) -> bytes:
        if self.ended or size == 0:
            return b""
        if size < 0:
            return b"".join(iter(partial(self.read, PIECE_BYTES), b""))
        if self.length is not None:
            size = min(size, self.length - self.received)
        try:
            data = self._stream.read(size)
        except OSError as error:
            self.ended = True
            raise self._cut_off() from error
        self.received += len(data)
        self.ended = not data or self.received == self.length
        if self.ended and self.length is not None and self.received < self.length:
            raise self._cut_off()
        return data

    def readline(self, size: int = -1) -> bytes:
        raise NotImplementedError("a body is read in pieces")

    def leave(self) -> None:
        """Read what nobody wanted, so that the client gets to read its answer instead of a broken pipe.

        A client that still waits for permission to send (`Expect: 100-continue`) is not given it.
        """
        if self._expects and not self.received:
            return
        deadline = time.monotonic() + COURTESY_S
        limit = self.received + COURTESY_BYTES
        try:
            while not self.ended and self.received < limit and time.monotonic() < deadline:
                self.read(PIECE_BYTES)
        except Malformed:
            return

    def _cut_off(self) -> Malformed:
        return Malformed(
            f"the request's body was cut off: {self.received:,} of {self.length or 0:,} bytes came; "
            "send it again"
        )


class Bodies:
    """WSGI middleware that gives every request a `Body`, and reads the rest of it after the answer is made.

    Who sends half a body and stops keeps a thread waiting: at most `courtesies_at_once` of them.
    """

    def __init__(self, app: WSGIApplication, courtesies_at_once: int) -> None:
        self._app = app
        self._courtesies = threading.BoundedSemaphore(courtesies_at_once)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = Body(environ)
        environ["wsgi.input"] = body
        environ["wsgi.input_terminated"] = True
        environ["wsgi.file_wrapper"] = _pieces
        try:
            return self._app(environ, start_response)
        finally:
            if not body.ended and self._courtesies.acquire(blocking=False):
                try:
                    body.leave()
                finally:
                    self._courtesies.release()


def _pieces(file: IO[bytes], _size: int = PIECE_BYTES) -> FileWrapper:
    """A download goes out in large pieces, whatever size the framework asks for."""
    return FileWrapper(file, PIECE_BYTES)
