"""Request bodies: a body that ends early is an error, and none is left lying on the connection."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from functools import partial
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

from flask import Request
from werkzeug.wsgi import FileWrapper

from api.web.proxies import PEER
from api.web.stalls import InFlight, StallWatch
from api.web.turns import Turns
from dpip.errors import Malformed, TooMany, TooSlow

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PIECE_BYTES = 256 * 1024
COURTESY_BYTES = 2**30
COURTESY_S = 20.0
COURTESY_WAIT_S = 10.0
PAUSE_S = 0.5  # before 429 is said: who tries again at once leaves the processor to the others meanwhile
_TOO_MANY = f"{HTTPStatus.TOO_MANY_REQUESTS.value} {HTTPStatus.TOO_MANY_REQUESTS.phrase.upper()}"


def has_length(request: Request) -> bool:
    """Whether the request says how long its body is. Of one sent in chunks the server does not tell us
    whether the last chunk came: what is cut off looks as if it were whole."""
    return request.content_length is not None


def in_chunks(request: Request) -> bool:
    return "chunked" in request.headers.get("Transfer-Encoding", "").lower()


class Body:
    """`wsgi.input` that ends where the request's body ends, and complains when it ends before.

    Raises `Malformed` for a body that is shorter than its Content-Length says, `TooSlow` for one that stalls
    or trickles.
    """

    def __init__(self, environ: WSGIEnvironment, stalls: StallWatch) -> None:
        self._stalls = stalls
        self.request = stalls.begin(str(environ.get(PEER) or environ.get("REMOTE_ADDR", "")))
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
            with self._stalls.reading(self.request):
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
        except (Malformed, TooSlow):
            return

    def _cut_off(self) -> Malformed | TooSlow:
        if self.request.ended:  # a read that was ended brought what had come; the next one brought nothing
            return TooSlow(f"{self.request.ended}, after {self.received:,} bytes; send it again")
        return Malformed(
            f"the request's body was cut off: {self.received:,} of {self.length or 0:,} bytes came; "
            "send it again"
        )


class Bodies:
    """WSGI middleware that gives every request a `Body`, and reads the rest of it after the answer is made.

    Who sends half a body and stops keeps a thread waiting: at most `courtesies_at_once` of them, and
    `courtesies_waiting` that wait for one of those to end. Beyond that, connections are just closed.
    """

    def __init__(
        self, app: WSGIApplication, courtesies_at_once: int, courtesies_waiting: int, stalls: StallWatch
    ) -> None:
        self._app = app
        self._stalls = stalls
        self._courtesies = Turns(courtesies_at_once, COURTESY_WAIT_S, courtesies_waiting, "courtesies")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = Body(environ, self._stalls)
        environ["wsgi.input"] = body
        environ["wsgi.input_terminated"] = True
        environ["wsgi.file_wrapper"] = _pieces
        statuses: list[str] = []

        def starting(status: str, *more: Any) -> Any:
            statuses.append(status)
            return start_response(status, *more)

        try:
            return _Sending(self._app(environ, starting), self._stalls, body.request)
        except BaseException:
            self._stalls.end(body.request)
            raise
        finally:
            if not body.ended:
                with contextlib.suppress(TooMany), self._courtesies.turn(f"request {id(body)}"):
                    if statuses[-1:] == [_TOO_MANY]:
                        time.sleep(PAUSE_S)
                    body.leave()


class _Sending:
    """What goes out; the request is over when it is closed."""

    def __init__(self, pieces: Iterable[bytes], stalls: StallWatch, request: InFlight) -> None:
        self._pieces = pieces
        self._stalls = stalls
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._request.moved()
            yield piece

    def close(self) -> None:
        self._stalls.end(self._request)
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


def _pieces(file: IO[bytes], _size: int = PIECE_BYTES) -> FileWrapper:
    """A download goes out in large pieces, whatever size the framework asks for."""
    return FileWrapper(file, PIECE_BYTES)
