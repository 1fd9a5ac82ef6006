"""`Idempotency-Key`: a request that is repeated gets the first one's answer, and does nothing again.

As in the IETF's draft "The Idempotency-Key HTTP Header Field". The answer is kept in the very transaction
that did what was asked for, so a crash leaves both or none. A request that is refused, or fails, keeps
nothing, and frees its key. A bulk upload is kept in batches; `api.uploads.bulk_memory` says how it goes on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import Request, Response

from api.parts import Parts
from dpip.errors import DpipError, Malformed, Unprocessable
from dpip.ports import Answer, Hold, Receipt, Remembered

HEADER = "Idempotency-Key"
HOLD_S = 60.0  # a request that takes longer may be overtaken by its repetition; then it comes to nothing
# Quoted, as the draft has it, or bare; there without a comma: the server joins two headers of a name by one.
_KEY = re.compile(r'"(?P<quoted>[\x21\x23-\x7e]{1,200})"|(?P<bare>[\x21\x23-\x2b\x2d-\x7e]{1,200})')


class Attempt:
    """One request under a key. Without a key it is `plain`."""

    def __init__(self, held: Hold | Remembered | None) -> None:
        self._held = held

    @property
    def plain(self) -> bool:
        return self._held is None

    @property
    def hold(self) -> Hold | None:
        """None without a key, and where the request was answered before."""
        return self._held if isinstance(self._held, Hold) else None

    @property
    def answered(self) -> bool:
        """An earlier request under this key was; whether it was this one, `remembered` knows."""
        return isinstance(self._held, Remembered)

    def remembered(self, request: str) -> Response | None:
        """The answer that was given to this very request. Raises `Unprocessable` for another one."""
        if not isinstance(self._held, Remembered):
            return None
        if self._held.request != request:
            raise Unprocessable(
                f"this {HEADER} was used for another request; a new request needs a new key, and one that is "
                "repeated must be the same to the last byte"
            )
        response = respond(self._held.answer)
        response.headers["Idempotency-Replayed"] = "true"
        return response

    def receipt(self, request: str, answer: Answer) -> Receipt | None:
        """What is to be kept with the work itself."""
        return Receipt(self._held, request, answer) if isinstance(self._held, Hold) else None


@contextmanager
def attempt(parts: Parts, request: Request, user_id: str) -> Iterator[Attempt]:
    """Raises `Malformed` for what is no key, and `InProgress`."""
    key = _key(request)
    if key is None:
        yield Attempt(None)
        return
    now = parts.clock()
    held = parts.receipts.hold(user_id, key, now, now + HOLD_S, now + parts.bounds.idempotency_s)
    try:
        yield Attempt(held)
    except BaseException:
        if isinstance(held, Hold):
            with suppress(DpipError):  # the hold runs out
                parts.receipts.release(held)
        raise


def digest(request: Request, *of: object) -> str:
    """What makes a request the same as another one: its method, its path, and `of`."""
    text = json.dumps([request.method, request.path, *of], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def respond(answer: Answer) -> Response:
    headers = {"Location": answer.location} if answer.location else {}
    return Response(answer.body, answer.status, headers, content_type="application/json")


def _key(request: Request) -> str | None:
    given = request.headers.getlist(HEADER)
    if not given:
        return None
    found = _KEY.fullmatch(given[0].strip())
    if len(given) > 1 or found is None:
        raise Malformed(
            f"{HEADER} must be one text of 1 to 200 visible ASCII characters, such as a UUID; "
            "put one with a comma in it in quotes"
        )
    return found["quoted"] or found["bare"]
