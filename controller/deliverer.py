"""Sends what waits in the outbox to webhooks, some side by side, and none holds up the others."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.attempts import after
from dpip import __version__
from dpip.domain import ClaimedDelivery, DeliveryState
from dpip.errors import DpipError
from dpip.lifecycle import Stop
from dpip.logs import fields
from dpip.ports import Clock, DueWebhook, Outbox
from webhooks import (
    Answer,
    Schedule,
    Sealer,
    Sender,
    Undelivered,
    Unsealable,
    parse_target,
    signed_headers,
)

LOOK_S = 5.0  # how often the outbox is looked into while nobody wakes and nothing ends
_PAUSE_S = 0.1  # between two looks, however often it is woken
_RETRY_S = 1.0
_LOOKED_AT = 200  # webhooks at a time; a few users' bounded numbers of them
_ENDING_S = 4.0  # for what is being sent when the process stops; then it is sent again by the next one
_HEADERS = {"Content-Type": "application/json", "User-Agent": f"DPIP-Webhooks/{__version__}"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lanes:
    """How many deliveries go side by side: in all, and of one user. One webhook has one at a time."""

    in_all: int
    of_user: int

    def choose(self, due: Sequence[DueWebhook], flying: Sequence[DueWebhook]) -> tuple[DueWebhook, ...]:
        """Which of those that are due are sent now; none of them is among those `flying`."""
        users = [one.user_id for one in flying]
        chosen: list[DueWebhook] = []
        for one in due:
            if len(users) >= self.in_all:
                break
            if users.count(one.user_id) < self.of_user:
                users.append(one.user_id)
                chosen.append(one)
        return tuple(chosen)

    def busy(self, flying: Sequence[DueWebhook]) -> set[str]:
        """Webhooks that have a delivery on its way, and users who have as many as they may."""
        users = [one.user_id for one in flying]
        return {one.webhook_id for one in flying} | {u for u in users if users.count(u) >= self.of_user}


class Deliverer:
    """One thread looks for what is due; each delivery has a thread of its own while it is on its way."""

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        sealer: Sealer,
        *,
        schedule: Schedule,
        lanes: Lanes,
        lease_s: float,
        look_s: float = LOOK_S,
        clock: Clock = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`lease_s`: after so long a delivery is taken for lost, with whoever sent it."""
        self._outbox = outbox
        self._sender = sender
        self._sealer = sealer
        self._schedule = schedule
        self._lanes = lanes
        self._lease_s = lease_s
        self._look_s = look_s
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._flying: dict[DueWebhook, threading.Thread] = {}
        self._ended = threading.Event()

    def run(self, stop: Stop) -> None:
        """Until stopped; then wait a little for what is on its way."""
        while not stop.requested:
            self._ended.clear()
            try:
                self._send_due()
            except DpipError as error:
                log.warning("webhooks wait: %s", error.detail)
                stop.wait(_RETRY_S)
            if self._ended.wait(self._look_s):
                stop.wait(_PAUSE_S)
        deadline = time.monotonic() + _ENDING_S
        for thread in list(self._flying.values()):
            thread.join(max(deadline - time.monotonic(), 0.0))

    def wake(self) -> None:
        """There may be something to send; from any thread."""
        self._ended.set()

    def _send_due(self) -> None:
        with self._lock:
            flying = tuple(self._flying)
        if len(flying) >= self._lanes.in_all:
            return
        due = self._outbox.due(self._clock(), self._lanes.busy(flying), _LOOKED_AT)
        for one in self._lanes.choose(due, flying):
            now = self._clock()
            claimed = self._outbox.claim(one.webhook_id, now, now + self._lease_s)
            if claimed is not None:
                self._start(one, claimed)

    def _start(self, one: DueWebhook, claimed: ClaimedDelivery) -> None:
        def fly() -> None:
            try:
                self._deliver(claimed)
            finally:
                with self._lock:
                    del self._flying[one]
                self._ended.set()

        thread = threading.Thread(target=fly, name=f"webhook-{one.webhook_id}", daemon=True)
        with self._lock:
            self._flying[one] = thread
        thread.start()

    def _deliver(self, claimed: ClaimedDelivery) -> None:
        outcome = self._outcome(claimed)
        attempted = after(claimed, outcome, self._schedule, self._clock(), self._chance())
        told = fields(
            webhook=claimed.webhook.id,
            delivery=claimed.delivery.id,
            attempt=claimed.attempt,
            reason=attempted.reason or "",
        )
        level = logging.WARNING if attempted.state is DeliveryState.FAILED else logging.INFO
        log.log(level, "webhook: %s", attempted.state.value, extra=told)
        try:
            self._outbox.settle(attempted)
        except DpipError as error:  # its lease runs out, and it is sent again
            log.warning("what came of a delivery cannot be kept: %s", error.detail, extra=told)

    def _outcome(self, claimed: ClaimedDelivery) -> Answer | Undelivered | Unsealable:
        body = claimed.delivery.body.encode()
        try:
            secret = self._sealer.open(claimed.webhook.sealed_secret)
            headers = signed_headers(secret, claimed.delivery.id, self._clock(), body)
            return self._sender.send(parse_target(claimed.webhook.url), _HEADERS | headers, body)
        except (Undelivered, Unsealable) as error:
            return error
        except Exception as error:  # one that trips us up must not be sent for ever
            log.exception("a delivery failed", extra=fields(delivery=claimed.delivery.id))
            return Undelivered(f"DPIP failed: {type(error).__name__}; the controller's log says more")
