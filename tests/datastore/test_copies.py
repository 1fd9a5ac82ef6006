"""Two flights of one attempt: the first result counts, and each has its own key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datastore import Datastore
from dpip import ids
from dpip.domain import ClaimedJob, JobState, Outcome, Success
from dpip.errors import Fenced
from tests.datastore.making import FACTS, NOW, add, claim_next, failure, lead, new_workload, success

MAX_ATTEMPTS = 3


def claimed_one(store: Datastore) -> tuple[int, ClaimedJob]:
    add(store, new_workload(store).id)
    epoch = lead(store)
    [claimed] = claim_next(store, epoch)
    return epoch, claimed


def copy_of(claimed: ClaimedJob, worker: str = "worker-2") -> ClaimedJob:
    return replace(claimed, worker_id=worker, copy=True)


def success_of_copy(copy: ClaimedJob) -> Outcome:
    key = ids.result_key(copy.job.workload_name, copy.job.id, copy.attempt, ids.copy_extension("jpg"))
    return Outcome(copy.job.id, copy.attempt, copy.worker_id, Success(key, FACTS))


@pytest.mark.parametrize("copy_first", [True, False])
def test_the_first_result_counts_and_the_second_is_refused(store: Datastore, copy_first: bool) -> None:
    epoch, claimed = claimed_one(store)
    copy = copy_of(claimed)
    assert store.queue.copy([copy], epoch) == {claimed.job.id}
    results = [success(claimed), success_of_copy(copy)]
    if copy_first:
        results.reverse()
    assert store.queue.finish(results[:1], NOW, MAX_ATTEMPTS) == (True,)
    assert store.queue.finish(results, NOW, MAX_ATTEMPTS) == (True, False), "the first may come twice"
    image = store.catalog.image(ids.filtered_id(claimed.job.id), None)
    assert image is not None
    assert isinstance(results[0].result, Success)
    assert image.key == results[0].result.key


def test_both_results_at_once_make_one_image(store: Datastore) -> None:
    epoch, claimed = claimed_one(store)
    copy = copy_of(claimed)
    store.queue.copy([copy], epoch)
    both = [success_of_copy(copy), success(claimed)]
    assert store.queue.finish(both, NOW, MAX_ATTEMPTS) == (True, False)
    assert len(store.catalog.images(claimed.job.workload_id).items) == 2


def test_an_attempt_has_one_copy_and_the_next_attempt_another(store: Datastore) -> None:
    epoch, claimed = claimed_one(store)
    assert store.queue.copy([copy_of(claimed)], epoch)
    assert store.queue.copy([copy_of(claimed, "worker-3")], epoch) == set()
    job = store.queue.job(claimed.job.id)
    assert job is not None
    assert (job.worker_id, job.copy_worker_id) == (claimed.worker_id, "worker-2")
    store.queue.release([(claimed.job.id, claimed.attempt)], died=2, now=NOW)
    job = store.queue.job(claimed.job.id)
    assert job is not None
    assert (job.state, job.copy_worker_id) == (JobState.QUEUED, None)
    [again] = claim_next(store, epoch)
    assert again.job.deaths == 2
    assert store.queue.copy([copy_of(claimed)], epoch) == set(), "of an attempt that is over"
    assert store.queue.copy([copy_of(again)], epoch)


def test_what_does_not_run_has_no_copy(store: Datastore) -> None:
    epoch, claimed = claimed_one(store)
    store.queue.finish([failure(claimed)], NOW, MAX_ATTEMPTS)
    assert store.queue.copy([copy_of(claimed)], epoch) == set()
    assert store.queue.copy([], epoch) == set()


def test_a_former_leader_makes_no_copies(store: Datastore) -> None:
    epoch, claimed = claimed_one(store)
    lead(store, "another", NOW + 100)
    with pytest.raises(Fenced):
        store.queue.copy([copy_of(claimed)], epoch)
