from __future__ import annotations

import pytest

from webhooks import Schedule


def test_waits_grow_fourfold_up_to_the_longest() -> None:
    schedule = Schedule()
    waits = [schedule.wait_s(failed, 0.5) for failed in range(1, 11)]
    assert waits == [5, 20, 80, 320, 1280, 5120, 20480, 21600, 21600, None]
    hours = sum(wait for wait in waits if wait is not None) / 3600
    assert 19 < hours < 20


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 4.0), (0.25, 4.5), (0.5, 5.0), (1.0, 6.0)])
def test_waits_are_spread_by_a_fifth_to_either_side(chance: float, wait: float) -> None:
    assert Schedule().wait_s(1, chance) == pytest.approx(wait)


def test_a_receiver_may_ask_for_more_time_within_bounds() -> None:
    schedule = Schedule(attempts=3)
    assert schedule.wait_s(1, 0.5, asked_s=60) == 60
    assert schedule.wait_s(2, 0.5, asked_s=1) == 20
    assert schedule.wait_s(1, 0.5, asked_s=1e9) == schedule.longest_s
    assert schedule.wait_s(3, 0.5, asked_s=60) is None


def test_one_attempt_may_be_all() -> None:
    assert Schedule(attempts=1).wait_s(1, 0.5) is None
