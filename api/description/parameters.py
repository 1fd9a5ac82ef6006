"""Parameters that many routes take."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from api.description.operation import Parameter
from api.web import paging

_CURSOR: dict[str, Any] = {"type": "string", "maxLength": paging.MAX_CURSOR_CHARS}


def whole(name: str, description: str, default: int, most: int) -> Parameter:
    """A whole number from 1."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter(name, description, schema)


LIMIT = whole("limit", "how many on a page", paging.DEFAULT_LIMIT, paging.MAX_LIMIT)
AFTER = Parameter("after", "the next page: what `next` of the page before said", _CURSOR)
PAGES = (LIMIT, AFTER)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "repeat a request with the same key, and it gets the first one's answer, and does nothing again",
    {
        "type": "string",
        "pattern": '^("[!#-~]{1,200}"|[!#-+.-~-]{1,200})$',
        "examples": ["3f2f6d0e-8a55-4a0e-9d1e-0a4a7f0b1c55"],
    },
    "header",
)


def choice(name: str, choices: type[StrEnum], description: str) -> Parameter:
    return Parameter(name, description, {"type": "string", "enum": [item.value for item in choices]})


def text(name: str, description: str, **schema: Any) -> Parameter:
    return Parameter(name, description, {"type": "string", **schema})


def moment(name: str, description: str) -> Parameter:
    return text(name, description, format="date-time")
