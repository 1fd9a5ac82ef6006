"""Which Ray cluster this scheduler belongs to, and whether it is still there. No Ray in here."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import time

from cluster.addresses import reachable
from cluster.head import read_head
from dpip.home import Home
from dpip.lifecycle import Stop
from dpip.logs import fields
from scheduler.config import RAY_AUTO, RAY_WAIT

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 0.1
CHECK_INTERVAL_S = 1.0
MISSES_TO_BE_GONE = 3
HEAD_STOP_S = 15.0


class RayCluster:
    """The GCS address by the settings: given, that of the local head, or that of a head of our own."""

    def __init__(self, home: Home, wanted: str) -> None:
        self._home = home
        self._wanted = wanted
        self._head: subprocess.Popen[bytes] | None = None
        self._checked_at = 0.0
        self._misses = 0
        self.address = ""

    def find(self, stop: Stop) -> bool:
        """Wait until the cluster's GCS answers; False when a stop was requested first."""
        while not stop.requested:
            address = self._look()
            if address is not None:
                self.address = address
                return True
            stop.wait(LOOK_INTERVAL_S)
        return False

    def _look(self) -> str | None:
        if self._wanted not in {RAY_AUTO, RAY_WAIT}:
            return self._wanted if reachable(self._wanted) else None
        head = read_head(self._home)
        if head is not None:
            return head.address
        if self._wanted == RAY_AUTO and (self._head is None or self._head.poll() is not None):
            log.info("no Ray head runs here; starting one")
            self._head = subprocess.Popen([sys.executable, "-m", "cluster", "--with-parent"])
        return None

    def gone(self) -> bool:
        """True when the GCS has not answered for some checks in a row; cheap, call it often."""
        now = time.monotonic()
        if now - self._checked_at < CHECK_INTERVAL_S:
            return False
        self._checked_at = now
        self._misses = 0 if reachable(self.address, CHECK_INTERVAL_S) else self._misses + 1
        if self._misses:
            log.warning("Ray does not answer", extra=fields(address=self.address, misses=self._misses))
        return self._misses >= MISSES_TO_BE_GONE

    def close(self) -> None:
        """Stop the head if it is ours."""
        if self._head is None or self._head.poll() is not None:
            return
        self._head.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._head.wait(HEAD_STOP_S)
            return
        self._head.kill()
        self._head.wait()
