"""What is remembered of a bulk upload under an idempotency key: the files kept, told by name and content.

Each batch notes its files in the transaction that keeps them, so a repeated request passes over what its
predecessor kept, wherever that was cut off. When all is done the answer takes the place of the notes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from flask import Request, Response

from api.parts import Parts
from api.web import idempotency
from api.web.idempotency import Attempt
from dpip.errors import Unprocessable
from dpip.ports import Answer, Part

Shown = dict[str, object]


@dataclass(frozen=True, slots=True)
class FileMark:
    """What tells a file of a request from any other."""

    position: int  # in the request, from 1
    name: str | None
    sha256: str | None  # None: too large to be looked at


class BulkMemory:
    """The files of a request beside those that an earlier one under its key kept; without a key, nothing."""

    def __init__(self, parts: Parts, request: Request, attempt: Attempt) -> None:
        self._parts = parts
        self._request = request
        self._attempt = attempt
        self._seen: list[FileMark] = []
        self._kept: dict[int, tuple[FileMark, Shown]] = {}
        for body in parts.receipts.parts(attempt.hold) if attempt.hold else ():
            for mark, shown in json.loads(body):
                self._kept[mark[0]] = FileMark(*mark), shown

    def kept_before(self, mark: FileMark) -> Shown | None:
        """What was told of this very file when it was kept. Raises `Unprocessable` where another one was."""
        if self._attempt.plain:
            return None
        self._seen.append(mark)
        before = self._kept.get(mark.position)
        if before is None:
            return None
        if before[0] != mark:
            raise _another_request(f"its file {mark.position} was another one")
        return before[1]

    def part(self, files: Sequence[tuple[FileMark, Shown]]) -> Part | None:
        """A note of files that are being kept."""
        hold = self._attempt.hold
        if hold is None:
            return None
        body = json.dumps([(astuple(mark), shown) for mark, shown in files])
        return Part(hold, files[0][0].position, body, self._parts.clock() + idempotency.HOLD_S)

    def answered_before(self) -> Response | None:
        """Once all files were seen. Raises `Unprocessable` where they are not those of the first request."""
        return self._attempt.remembered(self._digest())

    def answer(self, answer: Answer) -> None:
        """To be given to every repetition. Raises `InProgress` when one has taken over."""
        if max(self._kept, default=0) > len(self._seen):
            raise _another_request(f"it had more than {len(self._seen)} files")
        receipt = self._attempt.receipt(self._digest(), answer)
        if receipt is not None:
            self._parts.receipts.answer(receipt)

    def _digest(self) -> str:
        return idempotency.digest(self._request, [astuple(mark) for mark in self._seen])


def _another_request(why: str) -> Unprocessable:
    return Unprocessable(
        f"this {idempotency.HEADER} was used for another request: {why}. Send the same files again in the "
        "same order, or choose a new key"
    )
