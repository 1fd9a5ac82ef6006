"""The hot queries find their rows by an index, so their cost does not grow with the tables."""

from __future__ import annotations

import pytest
from sqlalchemy import ClauseElement, select
from sqlalchemy.sql.compiler import SQLCompiler

from datastore import catalog, fairness, finishing, queue, requeueing, telling, tokens
from datastore.engines import connect
from datastore.schema import IS_ACTIVE, workloads
from dpip.domain import WebhookEvent

HOT: dict[str, ClauseElement] = {
    "find_caller": tokens._FIND_CALLER,
    "choose_workloads": fairness._LONGEST_UNSERVED,
    "next_of_workload": queue._NEXT_OF_WORKLOAD,
    "largest_of_workload": queue._LARGEST_OF_WORKLOAD,
    "waiting": queue._WAITING,
    "queued ones of a claim": queue._LOCK_QUEUED,
    "running ones of outcomes": finishing._LOCK,
    "keys that are taken": finishing._TAKEN,
    "running": requeueing.SELECT_RUNNING,
    "filtered_ids": catalog._DONE,
    "image": catalog._IMAGE,
    "webhooks that listen": telling._LISTENING[WebhookEvent.WORKLOAD_COMPLETED],
    "active workloads": select(workloads).where(IS_ACTIVE).order_by(workloads.c.id.desc()).limit(10),
}


@pytest.mark.parametrize("name", list(HOT))
def test_sqlite_uses_an_index_and_does_not_sort(sqlite_url: str, name: str) -> None:
    database = connect(sqlite_url)
    compiled = HOT[name].compile(database.reader)
    assert isinstance(compiled, SQLCompiler)
    values = tuple(1 for _ in compiled.positiontup or ())
    with database.read() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)]
    database.close()
    assert plan
    for step in plan:
        assert "TEMP B-TREE" not in step, plan
        assert "USING" in step or "SUBQUERY" in step or "json_each" in step, plan
        assert not step.startswith("SCAN") or "autoindex" not in step, f"the whole table is read: {plan}"
