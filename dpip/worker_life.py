"""The life of a worker as a pure function: what subscribing, reporting and silence make of it.

The register's conditional updates do the same in SQL; tests explore both side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dpip.domain import WorkerState

HERE = frozenset({WorkerState.JOINING, WorkerState.ALIVE, WorkerState.DRAINING})
GONE = frozenset({WorkerState.LOST, WorkerState.LEFT})


@dataclass(frozen=True, slots=True)
class WorkerLife:
    """What of a worker decides on what may become of it. Its name stays, whoever bears it."""

    instance: str  # which process it is; one that is started again by its supervisor stays the same
    state: WorkerState = WorkerState.JOINING
    incarnation: int = 0  # of its actor: where jobs are sent
    last_report_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Subscribed:
    instance: str
    now: float


@dataclass(frozen=True, slots=True)
class Reported:
    state: WorkerState
    incarnation: int
    at: float


@dataclass(frozen=True, slots=True)
class Silent:
    """Nobody has reported for too long: not since `since`."""

    since: float


Event = Subscribed | Reported | Silent


class NameTaken(Exception):
    """Another process that is here bears the name."""


def after(life: WorkerLife, event: Event) -> WorkerLife:
    """What the event makes of it; the same life where it changes nothing. Raises `NameTaken`."""
    match event:
        case Subscribed(instance, now):
            if life.state in HERE and instance != life.instance:
                raise NameTaken
            back = life.state in GONE or instance != life.instance
            state = WorkerState.JOINING if back else life.state
            return replace(life, state=state, instance=instance, last_report_at=now)
        case Reported(state, incarnation, at) if at >= life.last_report_at:
            return replace(life, state=state, incarnation=incarnation, last_report_at=at)
        case Silent(since) if life.state in HERE and life.last_report_at <= since:
            return replace(life, state=WorkerState.LOST)
    return life
