"""One POST to a webhook: to an address that was judged, within a time, with little read of the answer."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

import httpcore

from webhooks.allowance import Allowance
from webhooks.connecting import Guarded
from webhooks.targets import Refused, Resolve, Target, resolve

_READ_BYTES = 16 * 1024  # of an answer's body: a receiver may finish writing a short one
_MAX_RETRY_AFTER_DIGITS = 9
_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, OSError)


class Undelivered(Exception):
    """No answer came, and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said."""

    status: int
    retry_after_s: float = 0.0

    @property
    def taken(self) -> bool:
        return self.status // 100 == 2  # noqa: PLR2004 - success

    @property
    def gone(self) -> bool:
        """The receiver wants nothing more."""
        return self.status == HTTPStatus.GONE

    @property
    def reason(self) -> str | None:
        """Why it is not taken, for people; None: it is."""
        if self.taken:
            return None
        if self.status // 100 == 3:  # noqa: PLR2004 - redirection
            return f"the receiver answered {self.status}; redirects are not followed: register the new URL"
        return f"the receiver answered {self.status}, where a 2xx is expected"


class Sender:
    """Any number of threads may send."""

    def __init__(
        self,
        allowance: Allowance,
        timeout_s: float,
        trusted: ssl.SSLContext,
        find: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout_s` is for all of it together, from connecting to the end of the answer."""
        self._allowance = allowance
        self._timeout_s = timeout_s
        self._trusted = trusted
        self._find = find
        self._clock = clock

    def send(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises `Undelivered`."""
        deadline = self._clock() + self._timeout_s
        guarded = Guarded(target, self._allowance, self._find, lambda: deadline - self._clock())
        url = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path.encode()
        )
        fields = {**headers, "Host": target.netloc, "Content-Length": str(len(body)), "Connection": "close"}
        try:
            with (
                httpcore.ConnectionPool(self._trusted, network_backend=guarded) as pool,
                pool.stream("POST", url, headers=list(fields.items()), content=body) as answer,
            ):
                with suppress(httpcore.TimeoutException, *_BROKEN):  # what counts is there
                    _read_some(answer.iter_stream())
                return Answer(answer.status, _retry_after(answer.headers))
        except Refused as error:
            raise Undelivered(error.detail) from None
        except (httpcore.TimeoutException, TimeoutError):
            raise Undelivered(f"no answer within {self._timeout_s:g} s") from None
        except _BROKEN as error:
            why = str(error) or type(error).__name__
            raise Undelivered(f"{target.origin} cannot be reached, or speaks no HTTP: {why}") from None


def _read_some(pieces: Iterable[bytes]) -> None:
    left = _READ_BYTES
    for piece in pieces:
        left -= len(piece)
        if left <= 0:
            return


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float:
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) <= _MAX_RETRY_AFTER_DIGITS:
            return float(value)
    return 0.0
