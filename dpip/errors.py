"""What can go wrong, as one tree. Branches say what the caller can do about it.

DpipError
├── Refused                  the caller's doing: change the request
│   ├── Malformed            it cannot be understood
│   ├── Unauthenticated      nobody we know
│   ├── Forbidden            somebody we know, but not allowed
│   ├── NotFound             there is no such thing (or it is not theirs to see)
│   ├── Conflict             it clashes with what is there
│   ├── TooSlow              its body stopped coming
│   ├── TooLarge             over a limit on bytes or pixels
│   │   └── OverQuota        over what the user may keep
│   ├── UnsupportedFormat    not an image we read
│   └── Unprocessable        understood, but cannot be done: a broken picture, a parameter out of range
├── TryLater                 nobody's doing: the same request may succeed later
│   ├── TooMany              over a rate or a bound
│   ├── NotReady             a part that is needed is away
│   ├── InProgress           the same request is being served already
│   └── StorageFull          no room for the bytes
├── MissingBytes             a key that the image store does not hold
├── Fenced                   a result of an attempt that is no longer the current one
└── ConfigError              settings that cannot work; every mistake is named at once

The transport decides what a kind looks like on its wire (HTTP statuses stand in api/web/problems.py).
"""

from __future__ import annotations


class DpipError(Exception):
    """Root of all errors that DPIP raises on purpose.

    `detail` is written for the person who caused or meets it: what was wrong, what would be right.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Refused(DpipError):
    """The request cannot be served as it is; repeating it changes nothing."""


class Malformed(Refused):
    """The request cannot be understood."""


class Unauthenticated(Refused):
    """No token, or a dead one, or a wrong password."""


class Forbidden(Refused):
    """The caller is known, but not allowed to do this."""


class NotFound(Refused):
    """There is no such thing, or it is not the caller's to see."""


class Conflict(Refused):
    """The request clashes with what is there already."""


class TooSlow(Refused):
    """The request's body stopped coming."""


class TooLarge(Refused):
    """Over a limit on bytes or pixels."""


class OverQuota(TooLarge):
    """The user keeps as much as they may."""


class UnsupportedFormat(Refused):
    """The bytes are not an image of a format that DPIP reads."""


class Unprocessable(Refused):
    """A picture that cannot be decoded, or a parameter out of range."""


class TryLater(DpipError):
    """The same request may succeed later; `retry_after_s` is the advised wait in seconds."""

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooMany(TryLater):
    """Over a rate, a quota or the bound of a queue."""


class NotReady(TryLater):
    """A part of the system that is needed for this is away."""


class InProgress(TryLater):
    """The same request is being served already."""


class StorageFull(TryLater):
    """The image store has no room for the bytes."""


class MissingBytes(DpipError):
    """The image store holds nothing under this key."""


class Fenced(DpipError):
    """The result of an attempt that is not the job's current one; it must be thrown away."""


class ConfigError(DpipError):
    """Settings that cannot work; `detail` names every one of them."""
