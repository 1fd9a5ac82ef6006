"""`limit`, `after` and other query parameters of lists."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from flask import request

from dpip.errors import Malformed

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_CURSOR_CHARS = 100

Choice = TypeVar("Choice", bound=StrEnum)


def limit() -> int:
    """How many items the client wants on a page."""
    return number("limit", DEFAULT_LIMIT, MAX_LIMIT)


def number(name: str, default: int, most: int) -> int:
    """A whole number from 1 on. Raises `Malformed`."""
    given = request.args.get(name, str(default))
    if not (given.isascii() and given.isdigit()) or not 1 <= int(given[:10]) <= most:
        raise Malformed(f"{name} must be a whole number from 1 to {most}, not {given[:50]!r}")
    return int(given)


def after() -> str | None:
    """The cursor: what `next` of the page before said."""
    given = request.args.get("after")
    if given is not None and len(given) > MAX_CURSOR_CHARS:
        raise Malformed("after must be what `next` of the page before said")
    return given or None


def after_within(workload_id: str) -> str | None:
    """The cursor of a list inside a workload: the id of one of its images."""
    given = after()
    if given is not None and not given.startswith(f"{workload_id}-"):
        raise Malformed("after must be what `next` of the page before said")
    return given


def choice(name: str, choices: type[Choice]) -> Choice | None:
    """One of the values of an enumeration, or None where the parameter is left out."""
    given = request.args.get(name)
    if not given:
        return None
    try:
        return choices(given)
    except ValueError:
        valid = ", ".join(item.value for item in choices)
        raise Malformed(f"{name} must be one of {valid}, not {given[:50]!r}") from None
