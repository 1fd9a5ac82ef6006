"""How the next places are shared out between workloads."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, select, tuple_

from datastore.schema import HAS_QUEUED, workloads

_PAGE = 256

_LONGEST_WAITING = (
    select(workloads.c.id, workloads.c.served_at, workloads.c.queued, workloads.c.tags)
    .where(HAS_QUEUED)
    .order_by(workloads.c.served_at, workloads.c.id)
    .limit(_PAGE)
)
_NEXT_PAGE = _LONGEST_WAITING.where(
    tuple_(workloads.c.served_at, workloads.c.id) > tuple_(bindparam("served_at"), bindparam("id"))
)


def choose_workloads(
    connection: Connection, limit: int, per_workload: int, offered_tags: frozenset[str]
) -> dict[str, int]:
    """How many jobs of which workload are next, at most `limit` in all and `per_workload` of each.

    The workload that was not served for the longest time comes first.
    """
    waiting: dict[str, int] = {}
    for workload_id, queued in _waiting(connection, offered_tags):
        if len(waiting) >= limit:
            break
        waiting[workload_id] = min(queued, per_workload)
    return share_out(waiting, limit)


def share_out(waiting: dict[str, int], limit: int) -> dict[str, int]:
    """Deal `limit` places, one each in turn, to those who want so many; nobody gets more than wanted."""
    shares = dict.fromkeys(waiting, 0)
    hungry = [name for name, wanted in waiting.items() if wanted > 0]
    left = limit
    while hungry and left > 0:
        smallest_wish = min(waiting[name] - shares[name] for name in hungry)
        each = max(1, min(left // len(hungry), smallest_wish))
        for name in hungry[:left]:
            shares[name] += each
        left -= each * min(left, len(hungry))
        hungry = [name for name in hungry if shares[name] < waiting[name]]
    return {name: share for name, share in shares.items() if share}


def _waiting(connection: Connection, offered_tags: frozenset[str]) -> Iterator[tuple[str, int]]:
    found = connection.execute(_LONGEST_WAITING).all()
    while found:
        for row in found:
            if offered_tags.issuperset(row.tags):
                yield row.id, row.queued
        if len(found) < _PAGE:
            return
        last = {"served_at": found[-1].served_at, "id": found[-1].id}
        found = connection.execute(_NEXT_PAGE, last).all()
