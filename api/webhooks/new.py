"""From the fields of a request to what a webhook is made of."""

from __future__ import annotations

import contextlib

from api.web import fields
from dpip.domain import SUBSCRIBABLE, WebhookEvent
from dpip.errors import Malformed
from webhooks import Allowance, Resolve, Target, check_target, parse_target

_NAMES = ("url", "name", "events", "workload_id")
_NAME_MAX_CHARS = 100


def chosen_target(given: fields.Fields, allowance: Allowance, find: Resolve) -> tuple[str, Target]:
    """The URL, and where it leads. Raises `Malformed`, and `Unprocessable` for where webhooks may not go. A
    name that cannot be resolved now may be later: it is judged again each time that something is sent."""
    unknown = sorted(set(given) - set(_NAMES))
    if unknown:
        raise Malformed(f"{unknown[0][:50]!r} is nothing that a webhook has; say {', '.join(_NAMES)}")
    url = fields.text(given, "url") or ""
    target = parse_target(url)
    with contextlib.suppress(OSError):
        check_target(target, allowance, find)
    return url, target


def chosen_name(given: fields.Fields) -> str | None:
    """None: none was said. Raises `Malformed`."""
    name = fields.text(given, "name")
    if name is not None and (len(name) > _NAME_MAX_CHARS or not name.isprintable()):
        raise Malformed(f"a webhook's name has 1 to {_NAME_MAX_CHARS} printable characters")
    return name


def chosen_events(given: object) -> tuple[WebhookEvent, ...]:
    """A JSON list, or words parted by spaces or commas; left out, all there are. Raises `Malformed`."""
    if given is None or given == "":
        return SUBSCRIBABLE
    words = given.replace(",", " ").split() if isinstance(given, str) else given
    if not isinstance(words, list) or not words or not all(word in SUBSCRIBABLE for word in words):
        raise Malformed(f"events is a list of one or more of {', '.join(SUBSCRIBABLE)}")
    return tuple(event for event in SUBSCRIBABLE if event in words)
