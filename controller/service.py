"""What the controller answers: one function from a request to a reply, over ports."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bus.messages import (
    Announcement,
    Noted,
    Ping,
    Pong,
    Rejected,
    Reply,
    ReportLoad,
    Request,
    Subscribe,
    Subscribed,
    Topic,
)
from controller.limits import check_subscription, checked_load
from controller.reports import ReportBuffer
from controller.sweeper import Kept
from dpip.codecs import differing
from dpip.credentials import new_token
from dpip.domain import Scope, Token, Worker, WorkerState
from dpip.errors import Conflict, DpipError, Malformed, TryLater
from dpip.ids import time_ordered_id
from dpip.logs import fields
from dpip.ports import Announcer, ApiEndpoints, Clock, Leadership, Report, Tokens, WorkerRegister
from storage import SharedFolder

_MAX_DRAINS = 10_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms workers work here."""

    boot: str  # this controller's random word
    report_interval_s: float
    worker_token_s: float  # a token's life


@dataclass(frozen=True, slots=True)
class Figures:
    """What this process alone knows of what goes on."""

    messages: Mapping[str, int] = field(default_factory=dict)  # as `bus.tally` counts them
    kept: Kept | None = None  # None: the store was not looked through yet


@dataclass(frozen=True, slots=True)
class _Bearer:
    """The process that bears a worker's name."""

    instance: str
    token_since: float  # when its token was made, or some time before that


class Service:
    """Subscribes workers and takes their reports. Any number of threads may call it."""

    def __init__(
        self,
        *,
        register: WorkerRegister,
        tokens: Tokens,
        leadership: Leadership,
        endpoints: ApiEndpoints,
        reports: ReportBuffer,
        shared_folder: Callable[[], SharedFolder | None],
        announcer: Announcer,
        terms: Terms,
        clock: Clock,
        figures: Callable[[], Figures] = Figures,
    ) -> None:
        self._register = register
        self._tokens = tokens
        self._leadership = leadership
        self._endpoints = endpoints
        self._reports = reports
        self._shared_folder = shared_folder
        self._announcer = announcer
        self._terms = terms
        self._clock = clock
        self._figures = figures
        self._lock = threading.Lock()
        self._drains: OrderedDict[str, None] = OrderedDict()
        self._bearers = {
            worker.id: _Bearer(worker.instance, worker.joined_at) for worker in register.workers()
        }

    def handle(self, request: Request) -> Reply:
        """Never raises an error of DPIP's: what goes wrong is `Rejected`."""
        try:
            return self._answer(request)
        except Malformed as error:
            return Rejected(reason="malformed", detail=error.detail)
        except Conflict as error:
            return Rejected(reason="name-taken", detail=error.detail)
        except TryLater as error:
            return Rejected(reason="not-ready", detail=error.detail)
        except DpipError as error:
            log.exception("request failed", extra=fields(kind=request.kind))
            return Rejected(reason="not-ready", detail=error.detail)

    def on_hint(self, hint: Announcement) -> None:
        """Announce what components may have announced; remember who is to leave."""
        log.debug("hint", extra=fields(**{**hint.body, "topic": hint.topic}))
        if hint.topic in {Topic.WORK, Topic.PROGRESS, Topic.CANCELLED, Topic.VIDEOS}:
            self._announcer.announce(hint.topic, hint.body)
        elif hint.topic.startswith(Topic.DRAIN):
            with self._lock:
                self._drains[hint.topic.removeprefix(Topic.DRAIN).removesuffix("/")] = None
                while len(self._drains) > _MAX_DRAINS:
                    self._drains.popitem(last=False)
            self._announcer.announce(hint.topic, hint.body)
        else:
            log.warning("hint on a topic that is not for hints", extra=fields(topic=hint.topic))

    def _answer(self, request: Request) -> Reply:
        match request:
            case Subscribe():
                return self._subscribe(request)
            case ReportLoad():
                return self._report(request)
            case Ping():
                return self._pong()

    def _pong(self) -> Pong:
        told = self._figures()
        kept = told.kept
        return Pong(
            boot=self._terms.boot,
            messages=dict(told.messages),
            stored_bytes=kept.bytes if kept else None,
            stored_files=kept.files if kept else None,
        )

    def _subscribe(self, message: Subscribe) -> Subscribed:
        check_subscription(message)
        now = self._clock()
        shared = self._shared_folder()
        ray_address, api_url = self._leadership.ray_address(), self._endpoints.api_url()
        tags = tuple(sorted(set(message.tags)))
        worker = self._register.join(message.worker_name, tags, message.machine, message.instance, now)
        secret, hashed = new_token()
        expires_at = now + self._terms.worker_token_s
        scopes = frozenset({Scope.WORKER})
        token = Token(time_ordered_id(now), None, worker.id, "worker", scopes, now, expires_at)
        self._tokens.add(token, hashed)
        with self._lock:
            self._drains.pop(worker.id, None)
            known = worker.id in self._bearers
            self._bearers[worker.id] = _Bearer(message.instance, now)
        self._reports.refused(worker.id)  # it was unknown, perhaps; it is not any more
        self._reports.wake()
        # It asks again and again while it waits for Ray.
        log.log(
            logging.DEBUG if known else logging.INFO,
            "worker subscribed",
            extra=fields(worker=worker.id, name=worker.name, tags=",".join(tags)),
        )
        if not known:
            self._tell_of_other_codecs(worker)
        return Subscribed(
            worker_id=worker.id,
            boot=self._terms.boot,
            report_interval_s=self._terms.report_interval_s,
            ray_address=ray_address,
            image_folder=shared.folder if shared else None,
            image_folder_mark=shared.mark if shared else None,
            api_url=api_url,
            image_token=secret,
        )

    def _tell_of_other_codecs(self, worker: Worker) -> None:
        """Results of the same job would differ in their bytes, by where it runs."""
        others = [other for other in self._register.workers() if other.state is WorkerState.ALIVE]
        found = differing(one.machine.codecs for one in (*others, worker))
        if found:
            log.warning(
                "workers have not all the same codecs: the same job may give other bytes elsewhere",
                extra=fields(worker=worker.id, name=worker.name, differing=", ".join(found)),
            )

    def _report(self, message: ReportLoad) -> Noted | Rejected:
        load, now = checked_load(message), self._clock()
        if self._reports.refused(message.worker_id):
            return Rejected(
                reason="unknown-worker", detail=f"no worker {message.worker_id} here; subscribe again"
            )
        why_not = self._why_not(message, now)
        if why_not is not None:
            return Rejected(reason="unknown-worker", detail=why_not)
        report = Report(message.worker_id, message.state, message.incarnation, load, now)
        if not self._reports.add(report):
            return Rejected(reason="not-ready", detail="too many workers report; this report was dropped")
        with self._lock:
            drain = message.worker_id in self._drains
            if message.state is WorkerState.LEFT:
                self._drains.pop(message.worker_id, None)
                self._bearers.pop(message.worker_id, None)
        return Noted(boot=self._terms.boot, drain=drain)

    def _why_not(self, message: ReportLoad, now: float) -> str | None:
        """Why this process should subscribe (again): it was lost or unheard of when we started, or it was
        stopped for so long that its successor has its name, or its token has had half of its life."""
        with self._lock:
            bearer = self._bearers.get(message.worker_id)
        if bearer is None:
            return "it is not known here any more; subscribe again"
        if bearer.instance != message.instance:
            return "another process bears its name now; subscribe again"
        if now - bearer.token_since > self._terms.worker_token_s / 2:
            return "its token grows old; subscribe again for another"
        return None
