"""Refusals that wait to be written down: those that are alike are one, and there is an end to the others.

Strangers decide how many there are, and the trail is kept for months: what is written is bounded, 1,000
entries at once and six a minute in the long run. Beyond that they are only counted, one entry for
each action.
"""

from __future__ import annotations

from dataclasses import replace

from dpip.domain import AuditEntry

AT_ONCE = 1000
PER_S = 0.1

_Kind = tuple[str, str | None, str | None, str | None, str | None]
_OTHERS = "others, from many addresses or by many names"


class Refusals:
    """Of one process; its user holds a lock. Times are in seconds, and go on."""

    def __init__(self) -> None:
        self._waiting: dict[_Kind, AuditEntry] = {}
        self._room, self._room_at = float(AT_ONCE), float("-inf")

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, entry: AuditEntry) -> None:
        kind = (entry.action.value, entry.who, entry.address, entry.target, entry.detail)
        if kind not in self._waiting and len(self._waiting) + 1 > self._room_then(entry.at):
            kind = (entry.action.value, None, None, None, _OTHERS)
            entry = AuditEntry(entry.at, entry.action, None, None, None, _OTHERS, entry.count)
        before = self._waiting.get(kind)
        self._waiting[kind] = replace(entry, count=before.count + entry.count) if before else entry

    def take(self, now: float, *, all_of_them: bool) -> list[AuditEntry]:
        """Those for which there is room; with `all_of_them` in any case, as somebody waits for them."""
        room = self._room_then(now)
        if not all_of_them and room < len(self._waiting):
            return []
        taken, self._waiting = list(self._waiting.values()), {}
        self._room = max(0.0, room - len(taken))
        return taken

    def _room_then(self, now: float) -> float:
        passed_s = max(0.0, now - self._room_at)
        self._room_at = max(now, self._room_at)
        self._room = min(float(AT_ONCE), self._room + passed_s * PER_S)
        return self._room
