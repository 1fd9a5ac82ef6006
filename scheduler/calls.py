"""Which calls are under way, and which jobs each has carried."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from dpip.domain import ClaimedJob, Worker


@dataclass(frozen=True, slots=True)
class Call:
    worker_id: str
    incarnation: int
    jobs: tuple[tuple[str, int], ...]  # (job id, attempt)


class Calls:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._open: dict[int, Call] = {}

    def begin(self, worker: Worker, batch: Sequence[ClaimedJob]) -> int:
        number = next(self._numbers)
        jobs = tuple((item.job.id, item.attempt) for item in batch)
        self._open[number] = Call(worker.id, worker.incarnation, jobs)
        return number

    def get(self, number: int) -> Call | None:
        """None when the call is not known (any more): an event that was told twice."""
        return self._open.get(number)

    def end(self, number: int) -> None:
        self._open.pop(number, None)
