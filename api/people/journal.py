"""What is written down beside the requests: the audit trail, and when tokens were last used.

No request waits for this but one that logs in, deletes or administers. Refusals that are alike are counted
in memory, and written together with the uses of tokens some seconds later: who knocks at the door by the
thousand writes one row; `api.people.refusals` says what becomes of those that differ.
"""

from __future__ import annotations

import logging
import threading

from api.people.refusals import Refusals
from dpip.domain import AuditEntry
from dpip.errors import DpipError
from dpip.logs import fields
from dpip.ports import AuditTrail, Clock, Tokens

log = logging.getLogger(__name__)

WRITTEN_WITHIN_S = 2.0
USE_NOTED_EVERY_S = 300.0  # of one token
_TOKENS = 10_000  # remembered; beyond that the memory begins anew


class Journal:
    """Any number of threads may use it; one thread at a time writes, and none is left when nothing waits."""

    def __init__(
        self, audit: AuditTrail, tokens: Tokens, clock: Clock, written_within_s: float = WRITTEN_WITHIN_S
    ) -> None:
        self._audit = audit
        self._tokens = tokens
        self._clock = clock
        self._written_within_s = written_within_s
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[AuditEntry] = []
        self._refusals = Refusals()
        self._uses: dict[str, float] = {}
        self._noted: dict[str, float] = {}  # when a token's use was last noted
        self._timer: threading.Timer | None = None

    def used(self, token_id: str) -> None:
        """Costs a look into a dictionary, nearly always."""
        now = self._clock()
        if now - self._noted.get(token_id, -USE_NOTED_EVERY_S) < USE_NOTED_EVERY_S:
            return
        with self._lock:
            if len(self._noted) >= _TOKENS:
                self._noted.clear()
            self._noted[token_id] = self._uses[token_id] = now
            self._wake()

    def refused(self, entry: AuditEntry) -> None:
        """To be written soon, together with those that are like it."""
        with self._lock:
            self._refusals.add(entry)
            self._wake()

    def write(self, entry: AuditEntry) -> None:
        """At once, after what waits. While the datastore is away it waits: what it tells has happened."""
        self._write_all([entry])

    def flush(self) -> None:
        """Write all that waits; what cannot be written waits on."""
        self._write_all([])

    def _write_all(self, more: list[AuditEntry], *, all_of_them: bool = True) -> None:
        with self._writing:
            with self._lock:
                self._stop_timer()
                refusals = self._refusals.take(self._clock(), all_of_them=all_of_them)
                entries = sorted([*self._waiting, *refusals], key=_time) + more
                self._waiting = []
                uses, self._uses = self._uses, {}
            try:
                self._audit.add(entries)
                entries = []
                self._tokens.note_use(uses)
            except DpipError as error:
                log.warning("the audit trail waits", extra=fields(entries=len(entries), detail=error.detail))
            with self._lock:
                self._waiting = entries + self._waiting
                if self._waiting or self._refusals or self._uses:
                    self._wake()

    def close(self) -> None:
        """Write what waits, and leave no thread behind."""
        if self._timer is not None:
            self.flush()
        with self._lock:
            self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(
                self._written_within_s, self._write_all, ([],), {"all_of_them": False}
            )
            self._timer.daemon = True
            self._timer.start()


def _time(entry: AuditEntry) -> float:
    return entry.at
