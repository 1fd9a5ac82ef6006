from __future__ import annotations

from dataclasses import replace

import pytest

from datastore import Datastore
from dpip import ids
from dpip.domain import Failure, ImageKind, Job, JobState, Outcome, Placement, Success
from dpip.errors import Fenced
from tests.datastore.making import (
    FACTS,
    LEASE,
    MACHINE,
    NEEDS,
    NOW,
    TIMINGS,
    add,
    claim,
    claim_next,
    failure,
    lead,
    new_workload,
    success,
)

NO_TAGS: frozenset[str] = frozenset()


def job_of(store: Datastore, job_id: str) -> Job:
    job = store.queue.job(job_id)
    assert job is not None
    return job


def test_a_candidate_says_all_that_the_scheduler_needs(store: Datastore) -> None:
    workload = new_workload(store, tags=("gpu",))
    (image,) = add(store, workload.id)
    (job,) = store.queue.candidates(10, 10, frozenset({"gpu", "fast"}))
    assert (job.id, job.workload_id, job.workload_name, job.owner_id) == (
        image.id,
        workload.id,
        "holiday",
        "ann",
    )
    assert (job.key, job.facts, job.pipeline) == (image.key, FACTS, "grayscale")
    assert job.needs == replace(NEEDS, tags=("gpu",))
    assert (job.queued_at, job.attempt, job.deaths) == (NOW, 0, 0)


def test_candidates_take_turns_between_workloads_in_order_of_upload(store: Datastore) -> None:
    big, small = new_workload(store, "big", now=NOW), new_workload(store, "small", now=NOW + 1)
    big_ids = [image.id for image in add(store, big.id, 6)]
    small_ids = [image.id for image in add(store, small.id, 2)]
    found = [job.id for job in store.queue.candidates(6, 10, NO_TAGS)]
    assert found == [big_ids[0], small_ids[0], big_ids[1], small_ids[1], big_ids[2], big_ids[3]]
    assert [job.id for job in store.queue.candidates(3, 10, NO_TAGS)] == found[:3]
    assert [job.id for job in store.queue.candidates(10, 1, NO_TAGS)] == found[:2]
    assert store.queue.candidates(0, 10, NO_TAGS) == ()


def test_no_workload_waits_for_ever_when_there_are_more_than_places(store: Datastore) -> None:
    workloads = [new_workload(store, f"w{n}", now=NOW + n) for n in range(5)]
    for workload in workloads:
        add(store, workload.id, 3)
    epoch = lead(store)
    served = []
    for turn in range(4):
        jobs = store.queue.candidates(2, 1, NO_TAGS)
        store.queue.claim([Placement(job.id, "w", "") for job in jobs], epoch, NOW + turn, LEASE)
        served += [job.workload_id for job in jobs]
    assert served == [workload.id for workload in [*workloads, *workloads[:3]]]


def test_jobs_whose_tags_nobody_offers_are_left_out_however_many(store: Datastore) -> None:
    for n in range(300):
        add(store, new_workload(store, f"gpu {n}", tags=("gpu",), now=NOW).id)
    plain = new_workload(store, "plain", now=NOW + 1)
    add(store, plain.id)
    assert [job.workload_id for job in store.queue.candidates(10, 10, NO_TAGS)] == [plain.id]
    assert len(store.queue.candidates(400, 10, frozenset({"gpu"}))) == 301


def test_claiming_starts_an_attempt(store: Datastore) -> None:
    workload = new_workload(store)
    worker = store.register.join("w1", (), MACHINE, "one", NOW)
    add(store, workload.id, 3)
    jobs = store.queue.candidates(3, 3, NO_TAGS)
    placements = [Placement(job.id, worker.id, "it has the most room") for job in jobs[:2]]
    claimed = store.queue.claim(placements[::-1], lead(store), NOW + 1, LEASE)
    assert [one.job for one in claimed] == [jobs[1], jobs[0]]
    assert [(one.worker_id, one.attempt, one.lease_until) for one in claimed] == [(worker.id, 1, LEASE)] * 2
    job = job_of(store, jobs[0].id)
    assert (job.state, job.worker_name, job.reason, job.started_at) == (
        JobState.RUNNING,
        "w1",
        "it has the most room",
        NOW + 1,
    )
    assert store.queue.candidates(3, 3, NO_TAGS) == (jobs[2],)
    assert sorted(store.queue.running()) == [(job.id, 1, worker.id) for job in jobs[:2]]
    counted = store.catalog.workload(workload.id, None)
    assert counted is not None
    assert (counted.queued, counted.running) == (1, 2)


def test_what_is_not_queued_is_left_out_of_a_claim(store: Datastore) -> None:
    workload = new_workload(store)
    first, second = (image.id for image in add(store, workload.id, 2))
    epoch = lead(store)
    claim(store, [first], epoch)
    assert [one.job.id for one in claim(store, [first, second, second, "unknown"], epoch)] == [second]
    assert job_of(store, first).attempt == 1


def test_a_former_leader_claims_nothing(store: Datastore) -> None:
    add(store, new_workload(store).id)
    old = lead(store, now=NOW - 100)
    new = lead(store, "scheduler-2")
    with pytest.raises(Fenced, match=str(new)):
        claim_next(store, old)
    assert store.queue.running() == ()
    assert len(claim_next(store, new)) == 1


def test_success_makes_the_filtered_image(store: Datastore) -> None:
    workload = new_workload(store)
    add(store, workload.id)
    (claimed,) = claim_next(store, lead(store))
    smaller = replace(FACTS, size_bytes=7)
    result = Success(f"holiday/{claimed.job.id}-filtered.jpg", smaller)
    outcome = Outcome(claimed.job.id, 1, "worker-1", result, TIMINGS)
    assert store.queue.finish([outcome], NOW + 2, 3) == (True,)
    image = store.catalog.image(ids.filtered_id(claimed.job.id), "ann")
    assert image is not None
    assert (image.kind, image.key, image.facts, image.seq) == (ImageKind.FILTERED, result.key, smaller, 1)
    job = job_of(store, claimed.job.id)
    assert (job.state, job.finished_at, job.timings, job.failure) == (JobState.DONE, NOW + 2, TIMINGS, None)


def test_an_outcome_may_come_twice_but_counts_once(store: Datastore) -> None:
    workload = new_workload(store)
    add(store, workload.id, 3)
    good, bad, retried = claim_next(store, lead(store), 3)
    outcomes = [success(good), failure(bad), failure(retried, retryable=True)]
    assert store.queue.finish(outcomes, NOW, 3) == (True, True, True)
    assert store.queue.finish(outcomes, NOW + 1, 3) == (True, True, True)
    assert store.queue.finish([success(good), success(good)], NOW + 1, 3) == (True, True)
    counted = store.catalog.workload(workload.id, None)
    assert counted is not None
    assert (counted.queued, counted.running, counted.done, counted.failed) == (1, 0, 1, 1)
    assert job_of(store, good.job.id).finished_at == NOW


def test_the_same_outcome_twice_in_one_batch_counts_once(store: Datastore) -> None:
    add(store, new_workload(store).id, 2)
    good, retried = claim_next(store, lead(store), 2)
    again = failure(retried, retryable=True)
    assert store.queue.finish([success(good), again, success(good), again], NOW, 3) == (True,) * 4


def test_two_results_of_one_attempt_cannot_both_stand(store: Datastore) -> None:
    add(store, new_workload(store).id)
    (claimed,) = claim_next(store, lead(store))
    other = replace(success(claimed), result=Success("holiday/another.jpg", FACTS))
    assert store.queue.finish([success(claimed), other, failure(claimed)], NOW, 3) == (True, False, False)
    assert store.queue.finish([other, failure(claimed)], NOW, 3) == (False, False)


def test_a_late_result_of_an_old_attempt_is_fenced_off(store: Datastore) -> None:
    add(store, new_workload(store).id)
    epoch = lead(store)
    (old,) = claim_next(store, epoch)
    assert store.queue.release([(old.job.id, 1)], died=False, now=NOW) == 1
    assert store.queue.finish([success(old)], NOW, 3) == (False,)
    assert store.queue.finish([failure(old, retryable=True)], NOW, 3) == (False,)
    (new,) = claim_next(store, epoch)
    assert new.attempt == 2
    assert store.queue.finish([success(old), success(new)], NOW, 3) == (False, True)
    assert store.queue.finish([success(old)], NOW, 3) == (False,)
    image = store.catalog.image(ids.filtered_id(new.job.id), None)
    assert image is not None
    assert image.key.endswith("-filtered.2.jpg")


def test_a_retryable_failure_goes_back_until_the_attempts_are_used_up(store: Datastore) -> None:
    add(store, new_workload(store).id)
    epoch = lead(store)
    for attempt in (1, 2, 3):
        (claimed,) = claim_next(store, epoch)
        assert claimed.attempt == attempt
        assert store.queue.finish([failure(claimed, retryable=True, kind="storage")], NOW, 3) == (True,)
        job = job_of(store, claimed.job.id)
        assert job.failure == Failure("storage", "the file ends too early", retryable=True)
        assert job.state is (JobState.QUEUED if attempt < 3 else JobState.FAILED)
    assert claim_next(store, epoch) == []


def test_a_failure_of_an_attempt_that_was_released_does_not_stand(store: Datastore) -> None:
    """Although the attempt before it failed in the same words."""
    add(store, new_workload(store).id)
    epoch = lead(store)
    (first,) = claim_next(store, epoch)
    assert store.queue.finish([failure(first, retryable=True)], NOW, 5) == (True,)
    (second,) = claim_next(store, epoch)
    assert store.queue.release([(second.job.id, 2)], died=False, now=NOW) == 1
    assert store.queue.finish([failure(second, retryable=True)], NOW, 5) == (False,)


def test_success_after_a_failure_clears_it(store: Datastore) -> None:
    add(store, new_workload(store).id)
    epoch = lead(store)
    (first,) = claim_next(store, epoch)
    store.queue.finish([failure(first, retryable=True)], NOW, 3)
    (second,) = claim_next(store, epoch)
    assert store.queue.finish([success(second)], NOW, 3) == (True,)
    assert job_of(store, second.job.id).failure is None


def test_one_bad_outcome_does_not_spoil_a_batch(store: Datastore) -> None:
    workload = new_workload(store)
    add(store, workload.id, 4)
    good, stranger, copycat, odd = claim_next(store, lead(store), 4)
    taken = replace(success(stranger), result=Success(good.job.key, FACTS))
    same = replace(success(copycat), result=success(good).result)
    strange = replace(failure(odd), result=Failure("internal", "a\0b \udcff" + "x" * 5000))
    assert store.queue.finish([taken, success(good), same, strange], NOW, 3) == (True,) * 4
    states = [job.state for job in store.queue.jobs(workload.id).items]
    assert states == [JobState.DONE, JobState.QUEUED, JobState.QUEUED, JobState.FAILED]
    found = job_of(store, stranger.job.id).failure
    assert found is not None
    assert "belongs to another image" in found.detail


def test_a_death_counts_against_the_job_and_a_lost_lease_does_not(store: Datastore) -> None:
    add(store, new_workload(store).id)
    epoch = lead(store)
    for deaths in (1, 2):
        (claimed,) = claim_next(store, epoch)
        pair = (claimed.job.id, claimed.attempt)
        assert store.queue.release([pair, pair, (claimed.job.id, 99)], died=True, now=NOW + deaths) == 1
        assert store.queue.release([pair], died=True, now=NOW) == 0
        (job,) = store.queue.candidates(1, 1, NO_TAGS)
        assert (job.deaths, job.suspect, job.queued_at) == (deaths, deaths == 2, NOW + deaths)
    claim_next(store, epoch)
    assert store.queue.release_expired(LEASE - 1) == 0
    assert store.queue.release_expired(LEASE) == 1
    (job,) = store.queue.candidates(1, 1, NO_TAGS)
    assert (job.deaths, job.attempt) == (2, 3)


def test_renewed_leases_last_and_strangers_change_nothing(store: Datastore) -> None:
    add(store, new_workload(store).id, 2)
    first, second = claim_next(store, lead(store), 2)
    store.queue.renew([(first.job.id, 1), (second.job.id, 7), ("unknown", 1)], LEASE + 100)
    store.queue.renew([], LEASE)
    assert store.queue.release_expired(LEASE) == 1
    assert [job_id for job_id, _, _ in store.queue.running()] == [first.job.id]


def test_a_new_leader_takes_back_what_earlier_ones_placed(store: Datastore) -> None:
    add(store, new_workload(store).id, 3)
    old = lead(store, now=NOW - 100)
    claim_next(store, old, 2)
    new = lead(store, "scheduler-2")
    (own,) = claim_next(store, new)
    assert store.queue.release_before_epoch(new, NOW) == 2
    assert store.queue.running() == ((own.job.id, 1, "worker-1"),)


def test_cancelled_among_names_what_runs_no_more(store: Datastore) -> None:
    kept, cancelled = new_workload(store, "kept"), new_workload(store, "cancelled")
    add(store, kept.id)
    add(store, cancelled.id)
    claimed = claim_next(store, lead(store), 2)
    pairs = [(one.job.id, one.attempt) for one in claimed]
    assert store.queue.cancelled_among(pairs) == set()
    store.catalog.cancel_workload(cancelled.id, NOW)
    assert store.queue.cancelled_among([*pairs, ("unknown", 1)]) == {
        ids.original_id(cancelled.id, 1),
        "unknown",
    }


@pytest.mark.parametrize("state", [None, JobState.QUEUED, JobState.FAILED])
def test_jobs_are_paged_in_order_of_upload(store: Datastore, state: JobState | None) -> None:
    workload, other = new_workload(store), new_workload(store, "other")
    add(store, other.id, 2)
    made = [image.id for image in add(store, workload.id, 9)]
    failing = claim(store, made[1::2], lead(store))
    store.queue.finish([failure(one) for one in failing], NOW, 3)
    seen, after = [], None
    while True:
        page = store.queue.jobs(workload.id, state=state, limit=2, after=after)
        seen += [job.id for job in page.items]
        after = page.next
        if after is None:
            break
    assert seen == {None: made, JobState.QUEUED: made[0::2], JobState.FAILED: made[1::2]}[state]


def test_batches_longer_than_a_statement_may_be(store: Datastore) -> None:
    workload = new_workload(store)
    add(store, workload.id, 1100)
    claimed = claim_next(store, lead(store), 1100)
    assert len(claimed) == 1100
    pairs = [(one.job.id, 1) for one in claimed]
    store.queue.renew(pairs, LEASE + 1)
    assert store.queue.release(pairs[1050:], died=False, now=NOW) == 50
    assert store.queue.finish([success(one) for one in claimed], NOW, 3) == (True,) * 1050 + (False,) * 50


def test_unknown_jobs(store: Datastore) -> None:
    assert store.queue.job("nothing") is None
    assert store.queue.jobs("nothing").items == ()
    assert store.queue.finish([], NOW, 3) == ()
    outcome = Outcome("nothing", 1, "w", Failure("internal", "?"))
    assert store.queue.finish([outcome], NOW, 3) == (False,)
