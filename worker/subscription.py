"""Becoming known to the controller: asking until it says yes, or a clear no."""

from __future__ import annotations

import logging
import time
from typing import Protocol

from bus.messages import Rejected, Reply, Request, Subscribe, Subscribed
from dpip.errors import DpipError, Malformed, Unauthenticated
from dpip.lifecycle import Stop
from dpip.logs import fields

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0
_NAME_TAKEN = "its name is another's, maybe its own predecessor's, until that one is given up as lost"


class Asks(Protocol):
    """The bus, as a worker needs it (`bus.client.Requester`)."""

    def ask(self, message: Request) -> Reply:
        """Raises `NotReady`, `Unauthenticated`, `Malformed`."""


class Unwelcome(DpipError):
    """The controller does not want this worker, and asking again will not change that."""


class NameTaken(Unwelcome):
    """Another worker holds the name, and is not given up: it may be a predecessor that the controller could
    not note as lost so far, its disk being full. Worth another try later."""


class Subscription:
    """Asks with the same words each time: the same instance gets the same id."""

    def __init__(self, bus: Asks, request: Subscribe, patience_s: float) -> None:
        self._bus = bus
        self._request = request
        self._patience_s = patience_s
        self._told: str | None = None

    def ask_once(self) -> Subscribed | None:
        """None when the controller is away, not ready, or says no."""
        reply = self._ask()
        return reply if isinstance(reply, Subscribed) else None

    def ask_until_told(self, stop: Stop) -> Subscribed | None:
        """Wait for the controller for ever; None when a stop was requested. Raises `Unwelcome`.

        A refusal is final only after the patience is over: the name's holder may be this worker's own
        killed predecessor, who is given up after three silent intervals.
        """
        pause_s = FIRST_PAUSE_S
        refused_since: float | None = None
        while not stop.requested:
            reply = self._ask()
            if isinstance(reply, Subscribed):
                self._told = None
                return reply
            if isinstance(reply, Unwelcome):
                refused_since = refused_since or time.monotonic()
                if time.monotonic() - refused_since >= self._patience_s:
                    raise reply
            else:
                refused_since = None
            if stop.wait(pause_s):
                return None
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        return None

    def _ask(self) -> Subscribed | Unwelcome | None:
        try:
            reply = self._bus.ask(self._request)
        except (Unauthenticated, Malformed) as error:
            self._say("the controller does not understand or trust this worker", error.detail)
            return Unwelcome(error.detail)
        except DpipError as error:
            self._say("waiting for the controller", error.detail)
            return None
        if isinstance(reply, Subscribed):
            return reply
        if isinstance(reply, Rejected):
            # When the holder was last heard of is another time at each try.
            why = reply.detail if reply.reason != "name-taken" else _NAME_TAKEN
            self._say("the controller says no", f"{reply.reason}: {why}")
            return None if reply.reason == "not-ready" else self._unwelcome(reply)
        return None

    def _unwelcome(self, reply: Rejected) -> Unwelcome:
        if reply.reason == "name-taken":
            return NameTaken(
                f"the name {self._request.worker_name!r} belongs to another running worker: give this one "
                f"a name of its own, --worker-name {self._request.worker_name}-2 for example"
            )
        return Unwelcome(reply.detail)

    def _say(self, what: str, why: str) -> None:
        """A wait is told of once, not at each try."""
        if what + why != self._told:
            self._told = what + why
            log.warning(what, extra=fields(reason=why))
