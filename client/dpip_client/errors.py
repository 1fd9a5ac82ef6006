"""What can go wrong, as one tree. Branches say what the caller can do about it.

DpipError
├── Refused                  the request's fault (4xx): change it, repeating it changes nothing
│   ├── Malformed            400: it cannot be understood
│   ├── Unauthenticated      401: no token, a dead one, a wrong password
│   ├── Forbidden            403: known, but not allowed
│   ├── NotFound             404: there is no such thing, or it is not yours
│   ├── Conflict             409: it clashes with what is there, such as a name
│   ├── TooLarge             413: over a limit on bytes or pixels
│   ├── UnsupportedFormat    415: not an image of a format that is read
│   └── Unprocessable        422: a picture that cannot be decoded, a parameter out of range
├── TryLater                 nobody's fault; tried again already, until patience ended. `retry_after_s`
│   ├── InProgress           409 with Retry-After: the very same request is still being served
│   ├── TooMany              429
│   ├── NotReady             502, 503, 504
│   └── StorageFull          507
├── ServerFault              any other 5xx; `detail` names the incident to look for in the server's log
├── Unreachable              no connection, no valid certificate, or one that broke, again and again
├── NotDpip                  something answers there, but not as DPIP does
└── Damaged                  a download whose bytes are not those that the server announced

A picture that could not be filtered is no exception: it is a `Result` that has failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping


class DpipError(Exception):
    """Root of all; `detail` is a sentence for people, `status` the HTTP status if there was an answer."""

    def __init__(self, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status


class Refused(DpipError):
    """The request cannot be served as it is."""


class Malformed(Refused):
    """400: it cannot be understood."""


class Unauthenticated(Refused):
    """401: no token, a dead one, or a wrong password."""


class Forbidden(Refused):
    """403: the caller is known, but not allowed to do this."""


class NotFound(Refused):
    """404: there is no such thing, or it is not the caller's."""


class Conflict(Refused):
    """409: it clashes with what is there."""


class TooLarge(Refused):
    """413: over a limit on bytes or pixels."""


class UnsupportedFormat(Refused):
    """415: not an image of a format that is read."""


class Unprocessable(Refused):
    """422: a picture that cannot be decoded, or a parameter out of range."""


class TryLater(DpipError):
    """The same request may succeed after `retry_after_s` seconds."""

    def __init__(self, detail: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(detail, status)
        self.retry_after_s = retry_after_s


class InProgress(TryLater):
    """409 with `Retry-After`: a request with this idempotency key is still being served."""


class TooMany(TryLater):
    """429: over a rate, a quota, or what is taken at the same time."""


class NotReady(TryLater):
    """502, 503, 504: a part that is needed is away."""


class StorageFull(TryLater):
    """507: no room for the bytes."""


class ServerFault(DpipError):
    """Any other 5xx."""


class Unreachable(DpipError):
    """No connection, or one that broke. `maybe_done`: the server may have done what it was asked for."""

    def __init__(self, detail: str, *, maybe_done: bool = False) -> None:
        super().__init__(detail)
        self.maybe_done = maybe_done


class NotDpip(DpipError):
    """The answer is not one that DPIP gives."""


class Damaged(DpipError):
    """The bytes that came are not those that were announced."""


_REFUSALS: dict[int, type[Refused]] = {
    400: Malformed,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedFormat,
    422: Unprocessable,
}
_LATER: dict[int, type[TryLater]] = {
    429: TooMany,
    502: NotReady,
    503: NotReady,
    504: NotReady,
    507: StorageFull,
}
_CONFLICT = 409
_SERVER = 500
_BAD = 400


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> DpipError | None:
    """The error that an answer stands for; None for one that is fine. `headers` by lower-case name."""
    if status < _BAD:
        return None
    detail = _detail(body) or f"the server answers {status} and does not say why"
    if status == _CONFLICT and "retry-after" in headers:
        return InProgress(detail, status, retry_after(headers))
    if status in _LATER:
        return _LATER[status](detail, status, retry_after(headers))
    if status >= _SERVER:
        return ServerFault(detail, status)
    return refusal_of(status, detail)


def refusal_of(status: int, detail: str) -> Refused:
    """The refusal that a status of 4xx stands for."""
    return _REFUSALS.get(status, Refused)(detail, status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for. DPIP says them as a number; a date is passed over."""
    try:
        return max(float(headers["retry-after"]), 0.0)
    except (KeyError, ValueError):
        return None


def _detail(body: bytes) -> str:
    """Of a problem document (RFC 9457)."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return ""
