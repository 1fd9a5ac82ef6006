"""The audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, delete, insert, select

from datastore.database import Database
from datastore.pages import page
from datastore.rows import AnyRow, storable
from datastore.schema import audit
from dpip.domain import Action, AuditEntry
from dpip.errors import Malformed
from dpip.ports import AuditFilter, Page

_MAX_ID = 2**63 - 1


class SqlAuditTrail:
    """`dpip.ports.AuditTrail` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entries: Sequence[AuditEntry]) -> None:
        """All in one transaction."""
        if entries:
            with self._database.write() as connection:
                connection.execute(insert(audit), [_values(entry) for entry in entries])

    def entries(self, wanted: AuditFilter, *, limit: int = 100, after: str | None = None) -> Page[AuditEntry]:
        """Newest first. Raises `Malformed` for a cursor that is none."""
        statement = _matching(wanted).order_by(audit.c.id.desc()).limit(limit + 1)
        if after is not None:
            statement = statement.where(audit.c.id < _cursor(after))
        with self._database.read() as connection:
            found = [_entry(row) for row in connection.execute(statement)]
        return page(found, limit, lambda entry: str(entry.id))

    def forget(self, before: float) -> int:
        """Remove what is older; returns how many entries went."""
        with self._database.write() as connection:
            return connection.execute(delete(audit).where(audit.c.at < before)).rowcount


def _matching(wanted: AuditFilter) -> Select[tuple[object, ...]]:
    statement = select(audit)
    for name in ("action", "who", "address", "target"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(audit.c[name] == value)
    if wanted.since is not None:
        statement = statement.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(audit.c.at < wanted.until)
    return statement


def _cursor(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > _MAX_ID:
        raise Malformed("after must be what `next` of the page before said")
    return int(text)


def _values(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "action": entry.action.value,
        "who": storable(entry.who),
        "address": entry.address,
        "target": storable(entry.target),
        "detail": storable(entry.detail),
        "times": entry.count,
    }


def _entry(row: AnyRow) -> AuditEntry:
    return AuditEntry(
        row.at, Action(row.action), row.who, row.address, row.target, row.detail, row.times, row.id
    )
