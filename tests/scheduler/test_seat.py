"""What is thought to happen on a worker between two messages from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.seat import OVERRUN
from tests.scheduler.samples import GIB, flight, job, measured, seat, worker


def test_an_idle_worker_is_free_now() -> None:
    assert seat(worker(cores=2)).free_at(7.0) == [7.0, 7.0]


def test_jobs_run_in_order_one_per_core() -> None:
    one = seat(worker(cores=2), 1.0, 3.0, 0.5, 4.0)
    assert sorted(one.ends(0.0).values()) == [1.0, 1.5, 3.0, 5.5]
    assert sorted(one.free_at(0.0)) == [3.0, 5.5]


def test_the_next_one_starts_when_one_has_left() -> None:
    one = seat(worker(cores=1), 1.0, 2.0)
    first, second = one.ends(0.0)
    assert (first.started_at, second.started_at) == (0.0, None)
    one.leave(first, 1.2)
    assert second.started_at == 1.2
    assert one.free_at(1.2) == [pytest.approx(3.2)]


def test_one_that_is_late_is_expected_soon_and_later_the_later_it_is() -> None:
    one = seat(worker(cores=1), 1.0)
    assert one.free_at(0.99) == [pytest.approx(0.99 + OVERRUN)]
    assert one.free_at(1.2) == [pytest.approx(1.2 + 0.2)]
    assert one.free_at(3.0) == [pytest.approx(3.0 + 2.0)]


def test_what_was_learned_since_corrects_what_is_expected() -> None:
    one = seat(worker("one", cores=1), 0.3)
    assert one.free_at(0.0) == [pytest.approx(0.3)]
    one.predict_anew(measured(one=0.3))
    assert one.free_at(0.0) == [pytest.approx(3.0, rel=0.05)]
    assert one.backlog_s == pytest.approx(3.0, rel=0.05)


@given(st.lists(st.tuples(st.floats(0.001, 10), st.integers(0, 5)), max_size=30), st.integers(1, 8))
def test_its_counts_are_those_of_what_is_on_board(sent: list[tuple[float, int]], cores: int) -> None:
    of = worker(cores=cores)
    one, aboard, now = seat(of), [], 0.0
    for seconds, leave in sent:
        now += 0.1
        made = flight(of, job(memory=GIB), seconds, now)
        one.board(made, now)
        aboard.append(made)
        if leave < len(aboard):
            one.leave(aboard.pop(leave), now)
        assert one.flights == len(aboard)
        assert one.memory_in_flight == GIB * len(aboard)
        assert one.backlog_s == pytest.approx(sum(other.predicted_s for other in aboard))
        assert sum(other.started_at is not None for other in aboard) == min(cores, len(aboard))
        assert all(at >= now for at in one.free_at(now))
        assert len(one.free_at(now)) == cores
        assert set(one.ends(now)) == set(aboard)
