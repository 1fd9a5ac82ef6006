from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastore.fairness import share_out


@pytest.mark.parametrize(
    ("waiting", "limit", "expected"),
    [
        ({"a": 10, "b": 10}, 4, {"a": 2, "b": 2}),
        ({"a": 10, "b": 1, "c": 10}, 7, {"a": 3, "b": 1, "c": 3}),
        ({"a": 10, "b": 10}, 3, {"a": 2, "b": 1}),
        ({"a": 1, "b": 1}, 9, {"a": 1, "b": 1}),
        ({"a": 1, "b": 1}, 0, {}),
        ({}, 5, {}),
    ],
)
def test_places_are_dealt_in_turn(waiting: dict[str, int], limit: int, expected: dict[str, int]) -> None:
    assert share_out(waiting, limit) == expected


@given(st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(0, 50), max_size=12), st.integers(0, 200))
def test_no_place_is_wasted_and_nobody_is_more_than_one_ahead(waiting: dict[str, int], limit: int) -> None:
    shares = share_out(waiting, limit)
    assert sum(shares.values()) == min(limit, sum(waiting.values()))
    assert all(0 < share <= waiting[name] for name, share in shares.items())
    unsatisfied = [shares.get(name, 0) for name, wanted in waiting.items() if shares.get(name, 0) < wanted]
    if unsatisfied:
        assert max(shares.values(), default=0) <= min(unsatisfied) + 1
