"""How the dispatcher reaches workers: calls go out, events come back. Ray stands behind one adapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dpip.domain import ClaimedJob, Outcome, Worker


@dataclass(frozen=True, slots=True)
class CallOutcomes:
    """Some jobs of a call have ended."""

    call: int
    outcomes: tuple[Outcome, ...]


class Ending(StrEnum):
    """How a call came to its end."""

    COMPLETE = "complete"  # the worker said everything it had to say
    ABSENT = "absent"  # there is no such actor: nothing of the batch has begun
    DIED = "died"  # the actor died, or cannot be reached: what has begun is unknown
    BROKEN = "broken"  # the call failed in the actor: a defect, not a death


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over. Jobs of it without an outcome so far will have none."""

    call: int
    ending: Ending
    detail: str = ""


Event = CallOutcomes | CallEnded
EventSink = Callable[[Event], None]


class Gateway(Protocol):
    def send(self, call: int, worker: Worker, batch: Sequence[ClaimedJob]) -> None:
        """Hand a batch to a worker's actor; returns at once, and what comes of it are events."""

    def cancel(self, worker: Worker, jobs: Sequence[tuple[str, int]]) -> None:
        """Ask the actor to skip these (job id, attempt) pairs; a hint."""

    def close(self) -> None: ...
