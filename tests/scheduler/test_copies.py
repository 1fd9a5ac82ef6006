from __future__ import annotations

from dataclasses import replace

from scheduler.copies import Copy, choose_copies
from scheduler.cost import CostModel
from scheduler.seat import Flight, Seat
from scheduler.window import has_room
from tests.scheduler.samples import GIB, flight, job, measured, seat, worker

COSTS = measured(slow=1.0, fast=0.1)


def slow_one(megapixels: float = 10.0, **needs: object) -> tuple[Seat, Flight]:
    """A slow worker with a job that takes a second per megapixel there, begun at 0."""
    slow = seat(worker("slow", cores=1))
    late = flight(slow.worker, job(megapixels=megapixels, **needs), megapixels * 1.0)  # type: ignore[arg-type]
    slow.board(late, 0.0)
    return slow, late


def choose(flights: list[Flight], seats: list[Seat], now: float, all_s: float = 0.0) -> list[Copy]:
    return choose_copies(flights, seats, [one for one in seats if has_room(one)], COSTS, all_s, now)


def test_a_job_on_a_slow_worker_is_copied_to_an_idle_fast_one() -> None:
    slow, late = slow_one()
    fast = seat(worker("fast"))
    [copy] = choose([late], [slow, fast], 1.0)
    assert (copy.flight, copy.seat) == (late, fast)


def test_not_when_it_ends_soon_anyway() -> None:
    slow, late = slow_one()
    assert choose([late], [slow, seat(worker("fast"))], 9.0) == []


def test_not_before_it_is_the_last_of_all() -> None:
    slow, late = slow_one()
    assert choose([late], [slow, seat(worker("fast"))], 1.0, all_s=20.0) == []
    assert choose([late], [slow, seat(worker("fast"))], 1.0, all_s=5.0)


def test_a_job_that_takes_much_longer_than_it_should_is_copied_among_equals() -> None:
    one, other = seat(worker("fast", cores=1)), seat(worker("fast2", cores=1))
    costs = measured(fast=0.1, fast2=0.1)
    late = flight(one.worker, job(megapixels=10.0), 1.0)
    one.board(late, 0.0)
    assert choose_copies([late], [one, other], [other], costs, 0.0, 1.5) == []
    assert choose_copies([late], [one, other], [other], costs, 0.0, 2.5)


def test_not_where_it_does_not_fit_or_may_not_go() -> None:
    slow, late = slow_one(memory=4 * GIB)
    assert choose([late], [slow, seat(worker("fast", memory=GIB))], 1.0) == []
    slow, late = slow_one(tags=("gpu",))
    assert choose([late], [slow, seat(worker("fast"))], 1.0) == []
    assert choose([late], [slow, seat(worker("fast", tags=("gpu",)))], 1.0)


def test_not_to_the_worker_that_has_it() -> None:
    slow = seat(worker("slow", cores=2))
    late = flight(slow.worker, job(megapixels=10.0), 0.2)
    slow.board(late, 0.0)
    assert choose([late], [slow], 9.0) == []


def test_not_of_a_job_that_a_worker_died_of() -> None:
    slow, late = slow_one()
    late.claimed = replace(late.claimed, job=replace(late.claimed.job, deaths=1))
    assert choose([late], [slow, seat(worker("fast"))], 1.0) == []


def test_not_while_nobody_knows_how_long_such_a_job_takes() -> None:
    slow, late = slow_one()
    fast = seat(worker("fast"))
    assert choose_copies([late], [slow, fast], [fast], CostModel(), 0.0, 9.9) == []


def test_the_latest_first_and_one_for_a_free_core() -> None:
    slow = seat(worker("slow", cores=3))
    flights = [flight(slow.worker, job(n, megapixels=float(n)), float(n)) for n in (5, 9, 7)]
    for one in flights:
        slow.board(one, 0.0)
    fast = seat(worker("fast", cores=1))
    assert [copy.flight for copy in choose(flights, [slow, fast], 0.5)] == [flights[1]]
