"""Being the one scheduler that places jobs: a term in the datastore that the leader keeps renewing."""

from __future__ import annotations

import logging
import secrets
import time

from dpip.errors import Fenced, NotReady
from dpip.lifecycle import Stop
from dpip.logs import fields
from dpip.ports import Clock, Leadership

log = logging.getLogger(__name__)

CAMPAIGN_INTERVAL_S = 0.25


class Leader:
    """Campaigns until elected; `keep` then renews the term until it is lost or over."""

    def __init__(self, leadership: Leadership, term_s: float, clock: Clock = time.time) -> None:
        self._leadership = leadership
        self._term_s = term_s
        self._clock = clock
        self._holder = secrets.token_hex(8)
        self._until = 0.0
        self.epoch = 0

    def campaign(self, stop: Stop) -> bool:
        """Wait for the lead; False when a stop was requested first."""
        waiting_said = False
        while not stop.requested:
            if self._take():
                return True
            if not waiting_said:
                log.info("another scheduler leads, or the datastore is away; waiting")
                waiting_said = True
            stop.wait(CAMPAIGN_INTERVAL_S)
        return False

    def _take(self) -> bool:
        now = self._clock()
        try:
            epoch = self._leadership.take(self._holder, now, now + self._term_s)
        except NotReady as error:
            log.debug("datastore away", extra=fields(detail=error.detail))
            return False
        if epoch is None:
            return False
        self.epoch, self._until = epoch, now + self._term_s
        log.info("this scheduler leads", extra=fields(epoch=epoch))
        return True

    def keep(self) -> None:
        """Renew when a third of the term has gone. Raises `Fenced` when another one took the lead."""
        now = self._clock()
        if self._until - now > self._term_s * 2 / 3:
            return
        if not self._leadership.renew(self.epoch, now, now + self._term_s):
            raise Fenced("another scheduler leads now")
        self._until = now + self._term_s

    def resign(self) -> None:
        """Let the next one lead at once; harmless when it does already, or the datastore is away."""
        try:
            self._leadership.resign(self.epoch)
        except NotReady as error:
            log.info("could not resign; the term will run out", extra=fields(detail=error.detail))
