"""What the scheduler calls inside Ray: a plain class here, made an actor in `worker.ray_actor`."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import imaging
import telemetry
from dpip.domain import ClaimedJob, Outcome
from dpip.garbage import spare_what_is_loaded
from dpip.home import PRIVATE_FOLDER
from dpip.logs import formatter
from dpip.ports import ImageExchange, Traces
from imaging.codec_set import Codecs
from imaging.limits import Limits
from worker.desk import Desk, Ticket
from worker.grouping import Tray
from worker.jobs import JobRunner
from worker.places import ApiPlace, Place

_LOG_BYTES = 5_000_000
_EXTRA_THREADS = 1  # one job may wait for a disk while the others filter


@dataclass(frozen=True, slots=True)
class ActorSpec:
    """All that an actor needs to know."""

    worker_id: str
    cores: int
    place: Place
    limits: Limits
    job_limit_s: float
    log_file: str
    memory_limit_bytes: int = sys.maxsize
    codecs: Codecs = "fastest"
    log_level: str = "warning"
    log_format: str = "text"
    telemetry: Mapping[str, str] = field(default_factory=dict)  # OpenTelemetry's variables


@dataclass(frozen=True, slots=True)
class ActorStatus:
    """What the worker's process asks of its actor."""

    pid: int
    running: int
    oldest_s: float  # for how long the slowest picture has been filtered
    memory_bytes: int = 0  # resident


class WorkerActor:
    """Runs batches of jobs on all cores of its worker. Its methods are called from many threads."""

    def __init__(self, spec: ActorSpec) -> None:
        _log_to(Path(spec.log_file), spec.log_level, spec.log_format)
        imaging.configure_process(spec.limits, spec.codecs)
        self._desk = Desk()
        self._place = spec.place
        self._exchange = spec.place.open()
        self._runner = JobRunner(
            spec.worker_id,
            spec.cores,
            spec.limits,
            self._current,
            spec.job_limit_s,
            traces=_traces(spec.telemetry),
        )
        # Over the wire, as many jobs fetch and deliver as filter.
        waiting = spec.cores if isinstance(spec.place, ApiPlace) else _EXTRA_THREADS
        self._at_once = spec.cores + waiting
        self._threads = ThreadPoolExecutor(self._at_once, thread_name_prefix="job")
        spare_what_is_loaded()

    def run(self, batch: list[ClaimedJob]) -> Iterator[list[Outcome]]:
        """Exactly one outcome for each job, in groups, as they finish."""
        tray = Tray(len(batch))
        pile = deque(self._desk.take(claimed) for claimed in batch)
        for _ in range(min(self._at_once, len(pile))):
            self._threads.submit(self._work_off, pile, tray)
        yield from tray.groups()

    def cancel(self, jobs: list[tuple[str, int]]) -> None:
        """Drop these (job id, attempt) pairs at the next step, if they are here."""
        self._desk.cancel(jobs)

    def running(self) -> int:
        """Jobs in here now, the waiting ones too."""
        return len(self._desk)

    def status(self) -> ActorStatus:
        memory = psutil.Process().memory_info().rss
        return ActorStatus(os.getpid(), len(self._desk), self._desk.oldest_s(), memory)

    def use(self, place: Place) -> None:
        """Fetch and deliver there from now on."""
        if place != self._place:
            self._exchange = place.open()
            self._place = place

    def _current(self) -> ImageExchange:
        return self._exchange

    def _work_off(self, pile: deque[Ticket], tray: Tray) -> None:
        """Take from the pile until there is nothing left; other threads do the same."""
        while True:
            try:
                ticket = pile.popleft()
            except IndexError:
                return
            self._work(ticket, tray)

    def _work(self, ticket: Ticket, tray: Tray) -> None:
        try:
            outcome = self._runner.run(ticket)
        finally:
            self._desk.leave(ticket)
        tray.put(outcome)


def _traces(variables: Mapping[str, str]) -> Traces:
    """As the worker's own environment says: Ray's processes may have been started from another one."""
    for name in telemetry.variables(os.environ):
        del os.environ[name]
    os.environ.update(variables)
    return telemetry.open_traces("worker", os.environ)


def _log_to(file: Path, level: str, form: str) -> None:
    """Ray keeps an actor's own output in a folder that is gone with the node."""
    file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=1, delay=True)
    handler.setFormatter(formatter("actor", form))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("worker").setLevel(level.upper())
