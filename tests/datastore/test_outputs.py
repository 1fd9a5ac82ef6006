"""Workloads with several outputs: a done job has all its filtered images, or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datastore import Datastore
from dpip import ids
from dpip.domain import (
    ClaimedJob,
    Failure,
    ImageKind,
    JobState,
    Making,
    Outcome,
    Output,
    Success,
    Workload,
)
from tests.datastore.making import FACTS, NOW, TIMINGS, add, claim_next, lead

OUTPUTS = ("large", "small")


def branched(store: Datastore, outputs: tuple[str, ...] = OUTPUTS, now: float = NOW) -> Workload:
    pipeline = "{large=grayscale; small=resize:width=9}"
    workload = Workload(ids.time_ordered_id(now), "sizes", "ann", pipeline, (), now, outputs)
    return store.catalog.create_workload(workload)


def brought(claimed: ClaimedJob, names: tuple[str, ...] = OUTPUTS) -> Outcome:
    def output(name: str, width: int) -> Output:
        key = ids.result_key(claimed.job.workload_name, claimed.job.id, claimed.attempt, "jpg", name)
        return Output(name, key, replace(FACTS, width=width))

    first, *more = (output(name, 100 + at) for at, name in enumerate(names))
    result = Success(first.key, first.facts, tuple(more))
    return Outcome(claimed.job.id, claimed.attempt, claimed.worker_id, result, TIMINGS)


def test_the_outputs_of_a_workload_are_kept(store: Datastore) -> None:
    made = branched(store, ("b", "a"))
    found = store.catalog.workload(made.id, "ann")
    assert found is not None
    assert (found.outputs, made.outputs) == (("b", "a"), ("b", "a"))


def test_success_makes_an_image_of_each_output(store: Datastore) -> None:
    workload = branched(store)
    originals = [image.id for image in add(store, workload.id, 3)]
    jobs = claim_next(store, lead(store), 3)
    outcomes = [brought(jobs[2]), brought(jobs[0])]
    assert store.queue.finish(outcomes, NOW, 3) == (True, True)
    for original in (originals[0], originals[2]):
        for width, name in ((100, "large"), (101, "small")):
            image = store.catalog.image(ids.filtered_id(original, name), "ann")
            assert image is not None
            assert (image.kind, image.facts.width) == (ImageKind.FILTERED, width)
            assert image.key == f"sizes/{original}-{name}.jpg"
    assert store.catalog.filtered_ids([workload.id]) == {
        workload.id: [
            f"{originals[0]}-large",
            f"{originals[0]}-small",
            f"{originals[2]}-large",
            f"{originals[2]}-small",
        ]
    }
    listed = store.catalog.images(workload.id, kind=ImageKind.FILTERED)
    assert [image.id for image in listed.items] == store.catalog.filtered_ids([workload.id])[workload.id]


def test_filtered_images_are_in_the_order_of_the_outputs(store: Datastore) -> None:
    workload = branched(store, ("small", "large"))
    [original] = add(store, workload.id)
    [claimed] = claim_next(store, lead(store))
    assert store.queue.finish([brought(claimed, ("small", "large"))], NOW, 3) == (True,)
    assert store.catalog.filtered_ids([workload.id]) == {
        workload.id: [f"{original.id}-small", f"{original.id}-large"]
    }


def test_the_same_outputs_may_come_twice_but_count_once(store: Datastore) -> None:
    workload = branched(store)
    add(store, workload.id)
    [claimed] = claim_next(store, lead(store))
    outcome = brought(claimed)
    assert store.queue.finish([outcome, outcome], NOW, 3) == (True, True)
    assert store.queue.finish([outcome], NOW + 1, 3) == (True,)
    counted = store.catalog.workload(workload.id, None)
    assert counted is not None
    assert (counted.done, counted.total) == (1, 1)
    assert len(store.catalog.filtered_ids([workload.id])[workload.id]) == 2


@pytest.mark.parametrize(
    "names", [("large",), ("large", "medium"), ("large", "small", "more"), ("large", "large")], ids=str
)
def test_outputs_of_other_names_are_a_failure_that_may_pass(store: Datastore, names: tuple[str, ...]) -> None:
    workload = branched(store)
    [original] = add(store, workload.id)
    [claimed] = claim_next(store, lead(store))
    assert store.queue.finish([brought(claimed, names)], NOW, 2) == (True,)
    job = store.queue.job(original.id)
    assert job is not None
    assert (job.state, job.attempt) == (JobState.QUEUED, 1)
    assert store.catalog.filtered_ids([workload.id]) == {workload.id: []}

    [again] = claim_next(store, lead(store, "another", now=NOW + 100))
    store.queue.finish([brought(again, names)], NOW, 2)
    job = store.queue.job(original.id)
    assert job is not None
    assert job.state is JobState.FAILED
    assert isinstance(job.failure, Failure)
    assert f"makes large, small, and the worker brought {', '.join(names)}" in job.failure.detail


def test_all_keys_of_a_workload_are_told_when_it_is_deleted(store: Datastore) -> None:
    workload = branched(store)
    [original] = add(store, workload.id)
    [claimed] = claim_next(store, lead(store))
    outcome = brought(claimed)
    store.queue.finish([outcome], NOW, 3)
    assert isinstance(outcome.result, Success)
    assert store.catalog.known_keys([*outcome.result.keys, "sizes/none.jpg"]) == set(outcome.result.keys)
    keys = store.catalog.delete_workload(workload.id)
    assert keys is not None
    assert sorted(keys) == sorted([original.key, *outcome.result.keys])


def test_how_results_were_made_is_kept_once_for_all_that_were_made_alike(store: Datastore) -> None:
    workload = branched(store)
    originals = [image.id for image in add(store, workload.id, 3)]
    plain, lossy = Making("decoded", (), ("dpip 1",)), Making("decoded", ("8 bits \0 now",), ("dpip 1",))

    def made(claimed: ClaimedJob, first: Making | None, second: Making | None) -> Outcome:
        outcome = brought(claimed)
        assert isinstance(outcome.result, Success)
        [small] = outcome.result.more
        more = (replace(small, making=second),)
        return replace(outcome, result=replace(outcome.result, making=first, more=more))

    jobs = claim_next(store, lead(store), 3)
    ways = ((plain, lossy), (plain, plain), (None, None))
    outcomes = [made(job, *way) for job, way in zip(jobs, ways, strict=True)]
    assert store.queue.finish(outcomes[:1], NOW, 3) == (True,)
    assert store.queue.finish(outcomes, NOW, 3) == (True, True, True)
    kept = replace(lossy, notes=("8 bits  now",))
    ids_ = [ids.filtered_id(original, name) for original in originals for name in OUTPUTS]
    assert store.catalog.makings([*ids_, originals[0], "nothing"]) == dict(
        zip(ids_[:4], (plain, kept, plain, plain), strict=True)
    )
    assert store.catalog.makings_of(workload.id) == ((plain, 3), (kept, 1))
    assert store.catalog.makings_of("another") == ()
