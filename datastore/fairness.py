"""How the next places are shared out: evenly between users, and of a user's workloads the most urgent first.

Workloads of the same level (priority and ageing together; see `dpip.priority`) take turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from sqlalchemy import Connection, Text, cast, select

from datastore import rows
from datastore.schema import HAS_QUEUED, jobs, workloads
from dpip.domain import JobState
from dpip.priority import Ageing

T = TypeVar("T")

# Since when its next job has been queued.
_SINCE = (
    select(jobs.c.queued_at)
    .where(jobs.c.workload_id == workloads.c.id, jobs.c.state == JobState.QUEUED)
    .order_by(jobs.c.seq)
    .limit(1)
    .scalar_subquery()
)
_LONGEST_UNSERVED = (
    select(
        workloads.c.id,
        workloads.c.owner_id,
        workloads.c.queued,
        workloads.c.priority,
        cast(workloads.c.tags, Text).label("tags"),
        _SINCE.label("since"),
    )
    .where(HAS_QUEUED)
    .order_by(workloads.c.served_at, workloads.c.id)
)


@dataclass(frozen=True, slots=True)
class Line:
    """A workload with queued jobs, and how many of them may be placed now."""

    workload_id: str
    owner_id: str
    level: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Share:
    """So many jobs of this workload are next."""

    line: Line
    count: int


def choose_workloads(
    connection: Connection, limit: int, per_workload: int, offered_tags: frozenset[str], ageing: Ageing
) -> list[Share]:
    """How many jobs of which workload are next, at most `limit` in all and `per_workload` of each.

    Costs a row and a look into an index for each workload that has queued jobs.
    """
    return shares(list(_lines(connection, per_workload, offered_tags, ageing)), limit)


def shares(lines: Sequence[Line], limit: int) -> list[Share]:
    """Deal `limit` places to the owners in turn, and each owner's to the lines, the highest level first.

    `lines` come with those first that were not served for the longest time; whoever comes first is not
    behind where places cannot be shared evenly.
    """
    by_owner: dict[str, dict[int, list[Line]]] = {}
    for line in lines:
        by_owner.setdefault(line.owner_id, {}).setdefault(line.level, []).append(line)
    wanted = {
        owner: sum(line.wanted for level in levels.values() for line in level)
        for owner, levels in by_owner.items()
    }
    found: list[Share] = []
    for owner, places in share_out(wanted, limit).items():
        levels, left = by_owner[owner], places
        for level in sorted(levels, reverse=True):
            dealt = share_out({line.workload_id: line.wanted for line in levels[level]}, left)
            left -= sum(dealt.values())
            found += [
                Share(line, dealt[line.workload_id]) for line in levels[level] if line.workload_id in dealt
            ]
    return found


def in_turn(taken: Mapping[Line, Sequence[T]]) -> tuple[T, ...]:
    """Jobs in the order in which they are next: owners in turn; of each the highest level first, and in it
    the workloads in turn."""
    by_owner: dict[str, dict[int, list[Sequence[T]]]] = {}
    for line, found in taken.items():
        by_owner.setdefault(line.owner_id, {}).setdefault(line.level, []).append(found)
    queues = [
        [item for level in sorted(levels, reverse=True) for item in _round_robin(levels[level])]
        for levels in by_owner.values()
    ]
    return tuple(_round_robin(queues))


def share_out(waiting: Mapping[str, int], limit: int) -> dict[str, int]:
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


def _round_robin(queues: Iterable[Sequence[T]]) -> Iterator[T]:
    nothing = object()
    for turn in zip_longest(*queues, fillvalue=nothing):
        for item in turn:
            if item is not nothing:
                yield item  # type: ignore[misc]  # what is not nothing is a T


def _lines(
    connection: Connection, per_workload: int, offered_tags: frozenset[str], ageing: Ageing
) -> Iterator[Line]:
    for row in connection.execute(_LONGEST_UNSERVED):
        if row.since is not None and offered_tags.issuperset(rows.names(row.tags)):
            level = ageing.level(row.priority, row.since)
            yield Line(row.id, row.owner_id, level, min(row.queued, per_workload))
