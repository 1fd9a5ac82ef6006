"""Events are acted on at once while few jobs end, and in company while many do."""

from __future__ import annotations

import pytest

from scheduler.pace import LONGEST_S, Pace

MANY = 10  # jobs in flight
SEQUENTIAL_S = 0.06  # from one upload to the next, of a client that takes its time


def _after(jobs: int, each_s: float, steps: int) -> tuple[Pace, float]:
    pace, now = Pace(), 0.0
    for number in range(steps):
        now = number * each_s
        pace.stepped(jobs, now)
    return pace, now


def test_the_first_event_is_acted_on_at_once() -> None:
    assert Pace().wait_s(MANY, 100.0) == 0.0


def test_who_uploads_one_after_the_other_is_not_kept_waiting() -> None:
    pace, now = _after(1, SEQUENTIAL_S, 100)
    assert pace.wait_s(MANY, now) == 0.0


@pytest.mark.parametrize(("jobs", "each_s"), [(1, 0.005), (500, 0.1)])
def test_many_jobs_wait_for_each_other_but_not_for_long(jobs: int, each_s: float) -> None:
    pace, now = _after(jobs, each_s, 200)
    assert pace.wait_s(MANY, now) == pytest.approx(LONGEST_S)
    assert pace.wait_s(MANY, now + LONGEST_S / 2) == pytest.approx(LONGEST_S / 2)
    assert pace.wait_s(MANY, now + LONGEST_S) == 0.0


def test_a_single_job_waits_for_nobody_however_fast_they_follow() -> None:
    pace, now = _after(1, 0.005, 200)
    assert pace.wait_s(1, now) == 0.0


def test_after_the_rush_it_is_at_once_again() -> None:
    pace, now = _after(1, 0.005, 200)
    pace.stepped(0, now + 2.0)
    assert pace.wait_s(MANY, now + 2.0) == 0.0


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    pace, now = _after(1, 0.005, 200)
    assert 0.0 <= pace.wait_s(MANY, now - 3600.0) <= LONGEST_S
