from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpip.domain import QueuedJob, Worker
from dpip.ports import Waiting
from scheduler.cost import CostModel
from scheduler.lookahead import Lookahead
from scheduler.policy import Choice, place
from scheduler.seat import Seat
from scheduler.window import MEMORY_MARGIN, WINDOW_MAX_JOBS_PER_CORE, WINDOW_S, has_room
from tests.scheduler.samples import GIB, job, measured, seat, worker


def choose(
    jobs: list[QueuedJob],
    seats: list[Seat],
    costs: CostModel | None = None,
    waiting: dict[str, Waiting] | None = None,
    now: float = 0.0,
) -> list[Choice]:
    costs = costs or CostModel()
    ahead = Lookahead(jobs, (), waiting)
    ahead.survey(seats, costs, now)
    return place(ahead, [one for one in seats if has_room(one)], costs, now)


def placed(
    jobs: list[QueuedJob],
    seats: list[Seat],
    costs: CostModel | None = None,
    waiting: dict[str, Waiting] | None = None,
) -> dict[str, str]:
    choices = choose(jobs, seats, costs, waiting)
    return {choice.placement.job_id: choice.placement.worker_id for choice in choices}


def test_nothing_is_placed_without_workers() -> None:
    assert placed([job()], []) == {}


def test_an_idle_worker_is_preferred_to_one_with_a_backlog() -> None:
    assert placed([job()], [seat(worker("busy"), 1.0, 1.0), seat(worker("idle"))]) == {"w-0001": "id-idle"}


def test_a_job_that_is_nearly_done_is_hardly_a_backlog() -> None:
    """Work in flight is counted by what is left of it."""
    old, new = seat(worker("old", cores=1), 1.0, now=0.0), seat(worker("new", cores=1), 1.0, now=0.9)
    [choice] = choose([job()], [new, old], now=0.9)
    assert choice.placement.worker_id == "id-old"


def test_a_machine_that_others_use_gets_less() -> None:
    used, free = seat(worker("used", cpu=90.0)), seat(worker("free", cpu=5.0))
    assert placed([job()], [used, free]) == {"w-0001": "id-free"}


def test_its_own_running_jobs_do_not_count_as_use_by_others() -> None:
    assert seat(worker(cores=2, cpu=100.0, running=2)).effective_cores == 2
    assert seat(worker(cores=2, cpu=100.0, running=1)).effective_cores == 1


def test_what_was_measured_lately_has_the_use_by_others_in_it() -> None:
    one = seat(worker(cpu=90.0), 1.0)
    assert one.stretch(0.5, measured=True) == 1.0
    assert one.stretch(0.5, measured=False) > 4
    idle = seat(worker(cpu=90.0))
    assert idle.stretch(0.5, measured=True) > 4


def test_the_worker_measured_to_be_faster_is_preferred() -> None:
    costs = measured(slow=0.4, fast=0.05)
    assert placed([job()], [seat(worker("slow")), seat(worker("fast"))], costs) == {"w-0001": "id-fast"}


def test_tags_are_met_or_the_job_waits_and_holds_up_nobody() -> None:
    plain = seat(worker("plain"))
    jobs = [job(1, tags=("gpu",)), job(2)]
    assert placed(jobs, [plain]) == {"w-0002": "id-plain"}
    assert placed(jobs, [seat(worker("both", tags=("fast", "gpu")))]) == {
        "w-0001": "id-both",
        "w-0002": "id-both",
    }


def test_what_does_not_fit_in_memory_is_never_placed() -> None:
    small, large = worker("small", memory=GIB), worker("large", memory=16 * GIB)
    huge = job(1, memory=4 * GIB)
    assert placed([huge], [seat(small)]) == {}
    assert placed([huge], [seat(small), seat(large)]) == {"w-0001": "id-large"}


def test_a_window_is_filled_by_work_and_not_by_count() -> None:
    costs = measured(one=0.03)
    heavy = placed([job(n, megapixels=24.0) for n in range(50)], [seat(worker(cores=2))], costs)
    assert len(heavy) <= 3, "one waits for two that run"
    light = placed([job(n, megapixels=0.01) for n in range(500)], [seat(worker(cores=2))], costs)
    assert 100 < len(light) <= 2 * WINDOW_MAX_JOBS_PER_CORE


def test_a_window_is_filled_again_when_half_of_it_is_done() -> None:
    def light(left: int) -> Seat:
        return seat(worker(cores=2), *[0.01] * left)

    half = round(WINDOW_S * 2 / 0.01 / 2)
    assert not has_room(light(half + 1))
    assert has_room(light(half - 1))
    assert has_room(seat(worker(cores=2), 9.0, 9.0)), "one more than there are cores, however long they last"


def test_a_worker_is_tried_out_with_a_few_of_the_smaller_jobs() -> None:
    jobs = [job(n, megapixels=50.0 if n % 2 else 1.0) for n in range(100)]
    tried = placed(jobs, [seat(worker("new", cores=2))])
    assert len(tried) == 3
    assert all(int(job_id[-4:]) % 2 == 0 for job_id in tried)


def test_a_few_jobs_are_not_kept_waiting_to_try_workers_out() -> None:
    assert len(placed([job(1, megapixels=50.0), job(2, megapixels=1.0)], [seat(worker(cores=2))])) == 2


def test_the_slow_worker_is_spared_a_job_that_the_fast_one_ends_earlier_though_it_is_busy() -> None:
    costs = measured(slow=0.8, fast=0.1)
    busy, idle = seat(worker("fast", cores=1), 1.0, rate=0.1), seat(worker("slow", cores=1))
    assert placed([job(1, megapixels=10.0)], [busy, idle], costs) == {}
    busy = seat(worker("fast", cores=1), 9.0, rate=0.1)
    assert placed([job(1, megapixels=10.0)], [busy, idle], costs) == {"w-0001": "id-slow"}


def test_a_job_that_would_make_the_end_late_goes_first() -> None:
    costs = measured(one=0.03)
    jobs = [job(n, megapixels=1.0) for n in range(50)] + [job(99, megapixels=50.0)]
    assert next(iter(placed(jobs, [seat(worker(cores=1))], costs))) == "w-0099"
    many = {"w": Waiting(100_000, None)}
    assert next(iter(placed(jobs, [seat(worker(cores=1))], costs, many))) == "w-0000", "it can wait its turn"


def test_few_workers_that_many_jobs_need_are_kept_for_them() -> None:
    costs = measured(plain=0.03, gpu=0.03)
    seats = [seat(worker("plain", cores=4)), seat(worker("gpu", cores=1, tags=("gpu",)))]
    jobs = [job(n, megapixels=12.0) for n in range(20)]
    jobs += [job(100 + n, megapixels=12.0, tags=("gpu",)) for n in range(20)]
    where = placed(jobs, seats, costs)
    assert {job_id for job_id, on in where.items() if on == "id-gpu"} <= {one.id for one in jobs[20:]}
    assert "id-plain" in where.values()


def test_the_reason_names_the_worker_and_the_numbers() -> None:
    [choice] = choose([job(tags=("gpu",))], [seat(worker("one", cpu=40.0, tags=("gpu",)))])
    for word in ("one would finish first", "cpu 40 %", "30 ms/MP assumed", "64 of 8192 MiB", "offers gpu"):
        assert word in choice.placement.reason


@pytest.mark.parametrize("unreported", [True, False])
def test_a_worker_without_a_report_is_taken_at_its_word(unreported: bool) -> None:
    one = worker()
    assert placed([job()], [seat(replace(one, load=None) if unreported else one)]) == {"w-0001": "id-one"}


workers = st.lists(
    st.builds(
        worker,
        name=st.uuids().map(str),
        cores=st.integers(1, 64),
        memory=st.integers(GIB // 8, 64 * GIB),
        cpu=st.floats(0, 100),
        tags=st.sampled_from([(), ("gpu",), ("fast", "gpu")]),
    ),
    max_size=8,
)
jobs = st.lists(
    st.builds(
        job,
        megapixels=st.floats(0.001, 200),
        memory=st.integers(1, 16 * GIB),
        tags=st.sampled_from([(), ("gpu",), ("fast",)]),
    ),
    max_size=60,
).map(lambda made: [type(one)(**{**_fields(one), "id": f"w-{n:04d}"}) for n, one in enumerate(made)])


def _fields(one: QueuedJob) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


speeds = st.dictionaries(st.integers(0, 7), st.floats(0.005, 0.5))


@given(jobs, workers, speeds)
def test_whatever_comes_the_rules_hold(
    waiting: list[QueuedJob], fleet: list[Worker], rates: dict[int, float]
) -> None:
    seats = [seat(one) for one in fleet]
    costs = measured(**{fleet[n].name: rate for n, rate in rates.items() if n < len(fleet)})
    choices = choose(waiting, seats, costs)
    by_id = {one.id: one for one in waiting}
    assert len({choice.placement.job_id for choice in choices}) == len(choices), "no job is placed twice"
    for one in seats:
        mine = [choice for choice in choices if choice.placement.worker_id == one.worker.id]
        jobs_here = [by_id[choice.placement.job_id] for choice in mine]
        assert sum(j.needs.memory_bytes for j in jobs_here) <= MEMORY_MARGIN * one.memory_available
        assert all(set(j.needs.tags) <= set(one.worker.tags) for j in jobs_here)
        assert len(mine) <= WINDOW_MAX_JOBS_PER_CORE * one.cores
        before_last = sum(choice.predicted_s for choice in mine[:-1])
        assert len(mine) <= one.cores + 1 or before_last < WINDOW_S * one.cores
        assert one.flights == 0, "the policy changes nothing"


@given(jobs, workers)
def test_an_idle_cluster_is_given_work_if_it_can_do_any(
    waiting: list[QueuedJob], fleet: list[Worker]
) -> None:
    seats = [seat(one) for one in fleet]
    possible = any(
        set(j.needs.tags) <= set(s.tags) and j.needs.memory_bytes <= MEMORY_MARGIN * s.memory_available
        for j in waiting
        for s in seats
    )
    assert bool(choose(waiting, seats)) == possible
