"""Which of a user's workloads is next, over the real tables."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastore import Datastore
from datastore.fairness import Line, in_turn, shares
from dpip import ids
from dpip.domain import Workload
from dpip.priority import YOUNG, Ageing
from tests.datastore.making import NOW, add, new_workload

NO_TAGS = frozenset[str]()


def urgent(store: Datastore, name: str, priority: int, owner: str = "ann", count: int = 2) -> str:
    plain = Workload(ids.time_ordered_id(NOW), name, owner, "grayscale", (), NOW)
    made = store.catalog.create_workload(replace(plain, priority=priority))
    add(store, made.id, count)
    return made.id


def test_the_most_urgent_goes_first_and_equals_take_turns(store: Datastore) -> None:
    usual, also = sorted(urgent(store, name, 5) for name in ("usual", "also"))
    high, low = urgent(store, "high", 6), urgent(store, "low", 0)
    assert (shown := store.catalog.workload(high, None)) is not None
    assert shown.priority == 6
    found = store.queue.candidates(10, 10, NO_TAGS)
    assert [job.workload_id for job in found] == [high, high, usual, also, usual, also, low, low]
    assert [job.level for job in found] == [6, 6, 5, 5, 5, 5, 0, 0]
    assert [job.workload_id for job in store.queue.candidates(3, 3, NO_TAGS)] == [high, high, usual]


def test_an_owner_has_one_share_however_many_workloads_and_however_urgent(store: Datastore) -> None:
    for number in range(5):
        urgent(store, f"part{number}", 9, "bob")
    few = new_workload(store, "few", "ann")
    add(store, few.id, 2)
    owners = [job.owner_id for job in store.queue.candidates(4, 4, NO_TAGS)]
    assert sorted(owners) == ["ann", "ann", "bob", "bob"]
    assert {job.owner_id for job in store.queue.largest(2, NO_TAGS)} == {"ann", "bob"}


@pytest.mark.parametrize(("waited", "level"), [(0, 3), (59, 3), (60, 4), (200, 6), (1e9, 9), (-5, 3)])
def test_a_minute_of_waiting_is_a_step(store: Datastore, waited: float, level: int) -> None:
    urgent(store, "low", 3)
    assert {job.level for job in store.queue.candidates(5, 5, NO_TAGS, Ageing(NOW + waited))} == {level}
    assert {job.level for job in store.queue.candidates(5, 5, NO_TAGS, YOUNG)} == {3}


LINES = st.lists(
    st.builds(
        Line,
        st.uuids().map(str),
        st.sampled_from(["ann", "bob", "eve"]),
        st.integers(0, 9),
        st.integers(1, 30),
    ),
    max_size=12,
    unique_by=lambda line: line.workload_id,
)


@given(LINES, st.integers(0, 60))
def test_no_place_is_wasted_no_owner_is_behind_and_the_urgent_come_first(
    lines: list[Line], limit: int
) -> None:
    found = shares(lines, limit)
    assert sum(share.count for share in found) == min(limit, sum(line.wanted for line in lines))
    assert all(0 < share.count <= share.line.wanted for share in found)
    got = {owner: sum(s.count for s in found if s.line.owner_id == owner) for owner in ("ann", "bob", "eve")}
    wanted = {owner: sum(line.wanted for line in lines if line.owner_id == owner) for owner in got}
    for owner, some in got.items():
        if some < wanted[owner]:
            assert max(got.values()) <= some + 1
    of = {share.line: share.count for share in found}
    for line in lines:
        if of.get(line, 0) < line.wanted:
            assert not any(o.owner_id == line.owner_id and o.level < line.level for o in of), "less urgent"
    jobs = in_turn({share.line: [share.line] * share.count for share in found})
    for owner in got:
        levels = [line.level for line in jobs if line.owner_id == owner]
        assert levels == sorted(levels, reverse=True)
