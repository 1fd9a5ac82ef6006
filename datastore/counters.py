"""The counts of jobs on a workload's row, changed once per workload and batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select, update

from datastore.chunks import chunks
from datastore.direct import execute_many
from datastore.schema import jobs, workloads
from dpip.domain import JobState
from dpip.job_life import MOVES

_CHANGE = (
    update(workloads)
    .where(workloads.c.id == bindparam("of_id"))
    .values({state.value: workloads.c[state.value] + bindparam(f"more_{state.value}") for state in JobState})
)
_SERVED = update(workloads).where(workloads.c.id == bindparam("of_id")).values(served_at=bindparam("at"))
_LOCK = select(workloads.c.id).order_by(workloads.c.id).with_for_update(key_share=True)


class CounterChanges:
    """Collects what a transaction does to jobs; `apply` writes it."""

    def __init__(self) -> None:
        self._moves: dict[str, Counter[str]] = {}

    def move(self, workload_id: str, before: JobState, after: JobState, count: int = 1) -> None:
        """`count` jobs of the workload went from one state to another, as their life allows."""
        if after not in MOVES[before]:
            raise ValueError(f"a job cannot go from {before.value} to {after.value}")
        counts = self._moves.setdefault(workload_id, Counter())
        counts[before] -= count
        counts[after] += count

    def apply(self, connection: Connection) -> None:
        rows = [
            {"of_id": workload_id, **{f"more_{state.value}": counts[state] for state in JobState}}
            for workload_id, counts in sorted(self._moves.items())
        ]
        execute_many(connection, _CHANGE, rows)


def mark_served(connection: Connection, workload_ids: Iterable[str], now: float) -> None:
    """Remember that jobs of these workloads were placed: others come first next time."""
    rows = [{"of_id": workload_id, "at": now} for workload_id in sorted(workload_ids)]
    execute_many(connection, _SERVED, rows)


def lock_workloads_of_jobs(connection: Connection, job_ids: Iterable[str]) -> None:
    """Lock the workloads of these jobs, in the order of their ids (PostgreSQL).

    Every transaction locks workloads first, then jobs, each sorted: so no two can wait for each other.
    Sorted jobs are sorted by workload too, because their ids begin with the workload's.
    """
    for some in chunks(sorted(set(job_ids))):
        of_jobs = select(jobs.c.workload_id).where(jobs.c.id.in_(some))
        connection.execute(_LOCK.where(workloads.c.id.in_(of_jobs)))


def lock_workload(connection: Connection, workload_id: str) -> None:
    """Lock one workload (PostgreSQL)."""
    connection.execute(_LOCK.where(workloads.c.id == workload_id))
