"""The audit trail as views write it: who and from where stand in the request."""

from __future__ import annotations

from flask import request

from api.people.journal import Journal
from dpip.domain import Action, AuditEntry, Caller
from dpip.ports import Clock

_NAME_CHARS = 100  # of what strangers call themselves


class Trail:
    """Writes what happens into the journal."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def did(self, action: Action, who: str, target: str | None = None, detail: str | None = None) -> None:
        """Written before the request is answered."""
        self._journal.write(AuditEntry(self._clock(), action, who, request.remote_addr, target, detail))

    def refused(self, action: Action, who: str | None, detail: str) -> None:
        """Written some seconds later, with those that are like it. The route is named, not what it was asked
        for, of which there may be any number."""
        rule = request.url_rule
        target = f"{request.method} {rule.rule}" if rule is not None else None
        name = None if who is None else who[:_NAME_CHARS]
        self._journal.refused(AuditEntry(self._clock(), action, name, request.remote_addr, target, detail))

    def used(self, caller: Caller) -> None:
        """The caller's token was of use just now."""
        self._journal.used(caller.token_id)
