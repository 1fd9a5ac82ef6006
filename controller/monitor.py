"""Keeps the register true: stores reports, finds who is lost, and announces what changed."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bus.messages import Topic
from controller.reports import ReportBuffer
from dpip.domain import WorkerState
from dpip.errors import DpipError
from dpip.lifecycle import Stop
from dpip.logs import fields
from dpip.ports import Announcer, Clock, WorkerRegister

_GONE_SHOWN_S = 3600.0  # how far back the register is looked at for workers that left or were lost
_NEWS_PAUSE_S = 0.05  # between two transactions, however much news there is

States = Mapping[str, WorkerState]
log = logging.getLogger(__name__)


def changes(before: States, after: States) -> dict[str, WorkerState]:
    """The workers whose state is new or another than before."""
    return {worker: state for worker, state in after.items() if before.get(worker) is not state}


class Monitor:
    """One transaction per report interval, and at once when a worker's state changes."""

    def __init__(
        self,
        register: WorkerRegister,
        reports: ReportBuffer,
        announcer: Announcer,
        *,
        interval_s: float,
        lost_after_s: float,
        clock: Clock,
    ) -> None:
        self._register = register
        self._reports = reports
        self._announcer = announcer
        self._interval_s = interval_s
        self._lost_after_s = lost_after_s
        self._clock = clock
        self._states: States = self._read_states()
        self._working_since = self._last_tick = clock()
        self._troubled = False

    def run(self, stop: Stop) -> None:
        """Until stopped; `ReportBuffer.wake` ends the last wait."""
        while not stop.requested:
            if self._reports.wait(self._interval_s):
                stop.wait(_NEWS_PAUSE_S)
            self.tick()

    def tick(self) -> None:
        """One round. While the datastore is away, reports are kept and nobody is declared lost."""
        now = self._clock()
        if now - self._last_tick >= self._lost_after_s:
            self._working_since = now  # we slept, not the workers
        self._last_tick = now
        taken = self._reports.take()
        try:
            self._reports.refuse(self._register.record(taken))
        except DpipError as error:
            self._reports.give_back(taken)
            self._working_since = now
            self._trouble(error)
            return
        try:
            if now - self._working_since >= self._lost_after_s:
                self._register.mark_lost(now, self._lost_after_s)
            self._announce_changes()
        except DpipError as error:
            self._trouble(error)
        else:
            self._troubled = False

    def _announce_changes(self) -> None:
        states = self._read_states()
        for worker, state in changes(self._states, states).items():
            log.info("worker is %s", state.value, extra=fields(worker=worker))
            self._announcer.announce(Topic.WORKERS, {"worker": worker, "state": state.value})
        self._states = states

    def _read_states(self) -> States:
        found = self._register.workers(gone_since=self._clock() - _GONE_SHOWN_S)
        return {worker.id: worker.state for worker in found}

    def _trouble(self, error: DpipError) -> None:
        if not self._troubled:
            log.warning("the register cannot be kept: %s", error.detail)
        self._troubled = True
