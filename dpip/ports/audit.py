"""Who did what, for administrators to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import (
    Action,
    AuditEntry,
)
from dpip.ports.paging import Page


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of the audit trail; what is None does not matter."""

    action: Action | None = None
    who: str | None = None
    address: str | None = None
    target: str | None = None
    since: float | None = None
    until: float | None = None


class AuditTrail(Protocol):
    """What was done here. Entries are added and grow old; none is ever changed."""

    def add(self, entries: Sequence[AuditEntry]) -> None: ...
    def entries(self, wanted: AuditFilter, *, limit: int = 100, after: str | None = None) -> Page[AuditEntry]:
        """Newest first."""

    def forget(self, before: float) -> int:
        """Remove what is older; returns how many entries went."""
