"""Log lines are events with fields: `log.info("placed", extra=fields(job=..., worker=...))`."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

_FIELDS = "dpip_fields"
_ABOUT: ContextVar[Mapping[str, Any]] = ContextVar("about", default=MappingProxyType({}))


def fields(**values: Any) -> dict[str, dict[str, Any]]:
    """What an event is about, for `extra=`. Never a secret."""
    return {_FIELDS: values}


def about(**values: Any) -> None:
    """What all that this thread (or task) logs from now on is about, until it is said anew."""
    _ABOUT.set(values)


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    return {**_ABOUT.get(), **getattr(record, _FIELDS, {})}


class _Text(logging.Formatter):
    def __init__(self, component: str) -> None:
        super().__init__()
        self._component = component

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        tail = "".join(f" {key}={_plain(value)}" for key, value in _fields_of(record).items())
        line = (
            f"{when} {self._component:<10} {record.levelname.lower():<7} {_plain(record.getMessage())}{tail}"
        )
        if record.exc_info:  # indented, so that no line of it is taken for another event
            lines = self.formatException(record.exc_info).split("\n")
            line += "".join(f"\n  {_plain(one)}" for one in lines)
        return line


class _Json(logging.Formatter):
    def __init__(self, component: str) -> None:
        super().__init__()
        self._component = component

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "component": self._component,
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **_fields_of(record),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, default=str)


def _plain(value: Any) -> str:
    """One line, whatever is in it, that steers no terminal: nobody forges an event by a file name."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def formatter(component: str, form: str) -> logging.Formatter:
    """`form` is text, for people, or json, for programs."""
    return _Json(component) if form == "json" else _Text(component)


def configure(component: str, level: str, form: str) -> None:
    """Send this process's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(component, form))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel("WARNING")
