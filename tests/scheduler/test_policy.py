from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpip.domain import QueuedJob, Worker
from scheduler.cost import CostModel
from scheduler.fleet import Seat
from scheduler.policy import MEMORY_MARGIN, WINDOW_MAX_JOBS_PER_CORE, WINDOW_S, place
from tests.scheduler.samples import GIB, job, worker


def seat(of: Worker, **changes: float) -> Seat:
    result = Seat(of, tags=frozenset(of.tags))
    for name, value in changes.items():
        setattr(result, name, value)
    return result


def placed(jobs: list[QueuedJob], seats: list[Seat], costs: CostModel | None = None) -> dict[str, str]:
    choices = place(jobs, seats, costs or CostModel())
    return {choice.placement.job_id: choice.placement.worker_id for choice in choices}


def test_nothing_is_placed_without_workers() -> None:
    assert placed([job()], []) == {}


def test_an_idle_worker_is_preferred_to_one_with_a_backlog() -> None:
    busy, idle = seat(worker("busy"), flights=2, backlog_s=2.0), seat(worker("idle"))
    assert placed([job()], [busy, idle]) == {"w-0001": "id-idle"}


def test_a_machine_that_others_use_gets_less() -> None:
    used, free = seat(worker("used", cpu=90.0)), seat(worker("free", cpu=5.0))
    assert placed([job()], [used, free]) == {"w-0001": "id-free"}


def test_its_own_running_jobs_do_not_count_as_use_by_others() -> None:
    assert seat(worker(cores=2, cpu=100.0, running=2)).effective_cores == 2
    assert seat(worker(cores=2, cpu=100.0, running=1)).effective_cores == 1


def test_the_worker_measured_to_be_faster_is_preferred() -> None:
    costs = CostModel()
    for _ in range(20):
        costs.learn("id-slow", "grayscale", 10.0, 4.0)
        costs.learn("id-fast", "grayscale", 10.0, 0.5)
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
    heavy = placed([job(n, megapixels=24.0) for n in range(50)], [seat(worker(cores=2))])
    assert len(heavy) == 3, "one waits for two that run"
    light = placed([job(n, megapixels=0.01) for n in range(500)], [seat(worker(cores=2))])
    assert 100 < len(light) <= 2 * WINDOW_MAX_JOBS_PER_CORE


def test_the_reason_names_the_worker_and_the_numbers() -> None:
    [choice] = place([job(tags=("gpu",))], [seat(worker("one", cpu=40.0, tags=("gpu",)))], CostModel())
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


@given(jobs, workers)
def test_whatever_comes_the_rules_hold(waiting: list[QueuedJob], fleet: list[Worker]) -> None:
    seats = [seat(one) for one in fleet]
    choices = place(waiting, seats, CostModel())
    by_id = {one.id: one for one in waiting}
    assert len({choice.placement.job_id for choice in choices}) == len(choices), "no job is placed twice"
    for one in seats:
        mine = [by_id[c.placement.job_id] for c in choices if c.placement.worker_id == one.worker.id]
        assert sum(j.needs.memory_bytes for j in mine) <= MEMORY_MARGIN * one.memory_available
        assert all(set(j.needs.tags) <= set(one.worker.tags) for j in mine)
        assert one.flights == len(mine) <= WINDOW_MAX_JOBS_PER_CORE * one.cores
        earlier = sum(c.predicted_s for c in choices if c.placement.worker_id == one.worker.id)
        assert len(mine) <= one.cores + 1 or earlier - choices[-1].predicted_s <= WINDOW_S * one.cores + 6.1
