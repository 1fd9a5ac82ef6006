"""The regular report to the controller, and what its answer means."""

from __future__ import annotations

import logging
import threading

from bus.messages import Noted, ReportLoad
from dpip.domain import WorkerState
from dpip.errors import DpipError
from dpip.lifecycle import Stop
from dpip.logs import fields
from worker.machine import Meter
from worker.standing import Board
from worker.subscription import Asks

log = logging.getLogger(__name__)


class Reporter:
    """Reports until it is closed. `forgotten` is set when the worker must subscribe anew."""

    def __init__(self, bus: Asks, board: Board, meter: Meter, boot: str, stop: Stop) -> None:
        self._bus = bus
        self._board = board
        self._meter = meter
        self._stop = stop
        self._closed = threading.Event()
        self._answered = True
        self.boot = boot  # of the controller that this worker subscribed to
        self.forgotten = threading.Event()

    def run(self) -> None:
        while not self._closed.is_set():
            self._board.wait(self._board.standing.report_interval_s)
            if not self._closed.is_set():
                self.report()

    def close(self) -> None:
        """No further report; returns at once."""
        self._closed.set()
        self._board.wake()

    def report(self) -> bool:
        """Report now; True when the controller took it."""
        standing = self._board.standing
        message = ReportLoad(
            worker_id=standing.worker_id,
            instance=standing.instance,
            state=standing.state,
            incarnation=standing.incarnation,
            load=self._meter.load(standing.running_jobs),
        )
        try:
            reply = self._bus.ask(message)
        except DpipError as error:
            if self._answered:
                log.warning("the controller does not answer", extra=fields(reason=error.detail))
            self._answered = False
            return False
        if not self._answered:
            log.info("the controller answers again")
        self._answered = True
        if not isinstance(reply, Noted):
            self.forgotten.set()
            return False
        if reply.boot != self.boot:
            self.forgotten.set()
        if reply.drain and standing.state is not WorkerState.LEFT:
            self._stop.request("the controller asked this worker to leave")
        return True
