"""A controller that says what a test wants, on a real bus, and remembers what it was told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bus.messages import Noted, Rejected, Reply, ReportLoad, Request, Subscribe, Subscribed
from controller.bus import BusServer
from dpip.domain import WorkerState
from dpip.lifecycle import Stop
from storage import FolderStore
from tests.cluster_fixtures import JOIN_TOKEN

INTERVAL_S = 0.3
WITHIN_S = 60.0


@dataclass
class Clerk:
    """Its fields are what it answers; change them at any time."""

    store: FolderStore
    ray_address: str | None
    worker_id: str
    boot: str = "first"
    rejects: Rejected | None = None
    known: bool = True
    drain: bool = False
    subscriptions: list[Subscribe] = field(default_factory=list)
    reports: list[ReportLoad] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _stop: Stop = field(default_factory=Stop)
    _server: BusServer | None = None

    def open(self, port: int = 0) -> str:
        self._server = BusServer("127.0.0.1", port, JOIN_TOKEN)
        self._server.start(self._answer, lambda _hint: None, self._stop)
        return f"127.0.0.1:{self._server.address.port}"

    def close(self) -> None:
        if self._server is not None:
            self._stop.request("test")
            self._server.close()

    def wait(self, look: Callable[[], bool], what: str) -> None:
        """Until something was told that makes `look` true."""
        deadline = time.monotonic() + WITHIN_S
        with self._news:
            assert self._news.wait_for(look, deadline - time.monotonic()), f"no {what}; {self.reports[-3:]}"

    def wait_state(self, state: WorkerState, *, after: int = 0) -> ReportLoad:
        """The first report with this state, not counting the first `after` reports."""

        def found() -> list[ReportLoad]:
            return [report for report in self.reports[after:] if report.state is state]

        self.wait(lambda: bool(found()), f"report of {state}")
        return found()[0]

    def _answer(self, request: Request) -> Reply:
        with self._news:
            try:
                if isinstance(request, Subscribe):
                    self.subscriptions.append(request)
                    return self.rejects or self._subscribed()
                if isinstance(request, ReportLoad):
                    self.reports.append(request)
                    return self._noted(request)
                raise AssertionError(f"a worker does not say {request}")
            finally:
                self._news.notify_all()

    def _subscribed(self) -> Subscribed:
        return Subscribed(
            worker_id=self.worker_id,
            boot=self.boot,
            report_interval_s=INTERVAL_S,
            ray_address=self.ray_address,
            image_folder=str(self.store.root),
            image_folder_mark=self.store.mark(),
            api_url=None,
            image_token="token",
        )

    def _noted(self, report: ReportLoad) -> Reply:
        if not self.known or report.worker_id != self.worker_id:
            return Rejected(reason="unknown-worker", detail="subscribe again")
        return Noted(boot=self.boot, drain=self.drain)
