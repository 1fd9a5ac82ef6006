"""The life of a worker's process: subscribe, become part of Ray, work, leave."""

from __future__ import annotations

import logging
import os
import threading

from bus.messages import Subscribe, Subscribed
from cluster.environment import Credentials
from dpip.domain import WorkerState
from dpip.errors import NotReady
from dpip.lifecycle import Stop, Supervised
from dpip.logs import fields
from telemetry import variables
from worker.actor import ActorSpec
from worker.config import WorkerSettings
from worker.machine import Meter
from worker.places import Place, choose_place
from worker.ray_actor import alive_nodes, connect, disconnect
from worker.ray_node import RayNode
from worker.record import Record
from worker.reporting import Reporter
from worker.session import Ending, Session
from worker.standing import Board, Standing
from worker.subscription import Asks, Subscription

log = logging.getLogger(__name__)

LOOK_S = 0.2
EAGER_LOOKS = 100
RARE_LOOK_S = 2.0
DISCONNECT_WITHIN_S = 5.0
REPORTER_ENDS_WITHIN_S = 5.0


class WorkerProcess:
    """One life. `run` says how it ended."""

    def __init__(
        self,
        settings: WorkerSettings,
        bus: Asks,
        meter: Meter,
        shown: Credentials,
        authorities: str,
        stop: Stop,
    ) -> None:
        self._settings = settings
        self._home = settings.at_home
        self._bus = bus
        self._meter = meter
        self._shown = shown
        self._authorities = authorities
        self._stop = stop
        self._subscription = Subscription(
            bus,
            Subscribe(
                worker_name=settings.worker_name,
                tags=settings.tag_names,
                machine=meter.machine(),
                instance=settings.instance,
            ),
            settings.name_patience_s,
        )
        self._node: RayNode | None = None
        self._waits_for = ""

    def run(self) -> Ending:
        """Raises `Unwelcome` when the controller does not want this worker."""
        told = self._subscription.ask_until_told(self._stop)
        if told is None:
            return Ending.STOPPED
        log.info("subscribed", extra=fields(worker=told.worker_id, name=self._settings.worker_name))
        board = Board(Standing(told.worker_id, self._settings.instance, told.report_interval_s))
        reporter = Reporter(self._bus, board, self._meter, told.boot, self._stop)
        thread = Supervised("reports", reporter.run, self._stop).start()
        record = Record(self._home, self._settings.worker_name)
        try:
            return self._live(told, board, reporter, record)
        finally:
            record.remove()
            reporter.close()
            thread.join(REPORTER_ENDS_WITHIN_S)
            if self._stop.requested:
                board.change(state=WorkerState.LEFT, running_jobs=0)
                reporter.report()
            self._leave_ray()

    def _live(self, told: Subscribed, board: Board, reporter: Reporter, record: Record) -> Ending:
        settled = self._settle(told, reporter)
        if settled is None:
            return Ending.STOPPED
        told, place, node, node_id = settled
        board.change(worker_id=told.worker_id)
        settings = self._settings
        spec = ActorSpec(
            worker_id=told.worker_id,
            cores=settings.cores,
            place=place,
            limits=settings.limits,
            codecs=settings.codecs,
            log_level=settings.log_level,
            log_format=settings.log_format,
            telemetry=variables(os.environ),
            job_limit_s=settings.job_limit_s,
            memory_limit_bytes=settings.memory_limit_bytes(self._meter.machine().memory_total),
            log_file=str(self._home.path / "logs" / f"worker-{settings.worker_name}.log"),
        )
        session = Session(
            spec,
            told,
            node,
            node_id,
            board,
            reporter,
            self._subscription,
            record,
            self._choose_place,
            self._stop,
        )
        ending = session.serve()
        if ending is Ending.STOPPED:
            log.info("leaving", extra=fields(reason=self._stop.reason))
            session.drain(settings.drain_s)
        return ending

    def _choose_place(self, told: Subscribed) -> Place | None:
        return choose_place(told, self._settings.image_store, self._authorities, flush=self._settings.flush)

    def _settle(self, told: Subscribed, reporter: Reporter) -> tuple[Subscribed, Place, RayNode, str] | None:
        """Wait until Ray and the images can be reached, and become part of Ray; None when stopped."""
        looks = 0
        while not self._stop.requested:
            place = self._choose_place(told)
            if place is None:
                self._wait_for("an API or a shared folder to get images from")
            elif told.ray_address is None:
                self._wait_for("a scheduler to say where Ray is")
            else:
                try:
                    node, node_id = self._into_ray(told.ray_address)
                except NotReady as error:
                    self._wait_for("Ray", error.detail)
                else:
                    return None if node_id is None else (told, place, node, node_id)
            if self._stop.wait(LOOK_S if looks < EAGER_LOOKS else RARE_LOOK_S):
                break
            looks += 1
            again = self._subscription.ask_once()
            if again is not None:
                told = again
                reporter.boot = told.boot
                reporter.forgotten.clear()
        return None

    def _into_ray(self, address: str) -> tuple[RayNode, str | None]:
        if self._node is None or self._node.address != address:
            if self._node is not None:
                self._node.leave()
            self._node = RayNode(address, self._home, self._shown)
        node_ip = self._node.ensure(alive_nodes, self._stop)
        return self._node, None if node_ip is None else connect(address, node_ip)

    def _leave_ray(self) -> None:
        """Ray may be gone, and slow to notice: it gets some time, and is left alone after it."""
        leaving = threading.Thread(target=disconnect, name="leave-ray", daemon=True)
        leaving.start()
        leaving.join(DISCONNECT_WITHIN_S)
        if self._node is not None:
            self._node.leave()

    def _wait_for(self, what: str, why: str = "") -> None:
        """Said once, not at each look."""
        if what != self._waits_for:
            self._waits_for = what
            log.info("waiting for %s", what, extra=fields(reason=why) if why else None)
