"""What was done, by the minute and by the hour, how busy workers were, and how much there is to do."""

from __future__ import annotations

import pytest

from datastore import Datastore
from dpip.domain import Failure, JobState, Outcome
from dpip.ports import Done
from tests.datastore.making import (
    LOAD,
    MACHINE,
    NEEDS,
    NOW,
    TIMINGS,
    add,
    claim_next,
    lead,
    new_workload,
    report,
    success,
)

HOUR_S, DAY_S = 3600.0, 24 * 3600.0
MINUTE = NOW // 60 * 60


def ended_badly(good: Outcome, *, retryable: bool) -> Outcome:
    failure = Failure("storage", "it is away", retryable)
    return Outcome(good.job_id, good.attempt, good.worker_id, failure)


def test_what_was_done_is_added_up_and_lasts(store: Datastore) -> None:
    add(store, new_workload(store).id, 4)
    first, second, third, fourth = map(success, claim_next(store, lead(store), 4))
    store.queue.finish([first, ended_badly(second, retryable=False)], MINUTE + 1, 3)
    store.queue.finish([first, ended_badly(third, retryable=True)], MINUTE + 59, 3)
    store.queue.finish([fourth], MINUTE + 60, 3)
    told = store.history.throughput(MINUTE)
    assert [(one.at, one.seconds) for one in told] == [(MINUTE, 60.0), (MINUTE + 60, 60.0)]
    assert told[0].done == Done(1, 1, 1, pytest.approx(NEEDS.megapixels), pytest.approx(TIMINGS.total))
    assert told[1].done.done == 1
    assert store.history.throughput(MINUTE + 1) == told[1:]

    whole = store.history.total()
    assert (whole.done, whole.failed, whole.again) == (2, 1, 1)
    assert store.history.thin(MINUTE + DAY_S) == 0, "not a day old yet"
    assert store.history.thin(MINUTE + 2 * DAY_S) == 2
    (hour,) = store.history.throughput(0.0)
    assert (hour.at, hour.seconds, hour.done) == (MINUTE // HOUR_S * HOUR_S, HOUR_S, whole)
    assert store.history.total() == whole
    assert store.history.thin(MINUTE + 2 * DAY_S) == 0


def test_how_busy_all_workers_were(store: Datastore) -> None:
    assert store.history.use(0.0, 60.0) == ()
    for name in ("a", "b"):
        joined = store.register.join(name, (), MACHINE, name, NOW)
        store.register.record([report(joined.id, MINUTE + 1), report(joined.id, MINUTE + 5)])
    one, *rest = store.history.use(MINUTE, 60.0)
    assert not rest
    assert (one.at, one.workers) == (MINUTE, 2)
    assert (one.cpu_percent, one.running_jobs) == (LOAD.cpu_percent, 2 * LOAD.running_jobs)


def test_the_backlog_knows_who_waits_longest(store: Datastore) -> None:
    empty = store.history.backlog()
    assert (empty.jobs, empty.oldest_queued_at, empty.leads_until) == ({}, None, None)
    early, late = new_workload(store, "early"), new_workload(store, "late")
    add(store, late.id, 2, NOW + 10)
    add(store, early.id, 2, NOW + 5)
    epoch = lead(store)
    claim_next(store, epoch)
    found = store.history.backlog()
    states = {JobState.QUEUED: 3, JobState.RUNNING: 1, JobState.DONE: 0, JobState.FAILED: 0}
    assert found.jobs == {"grayscale": states}
    assert (found.oldest_queued_at, found.leads_until) == (NOW + 5, NOW + 60)
    store.leadership.resign(epoch)
    assert store.history.backlog().leads_until is None


def test_the_database_has_a_size(store: Datastore) -> None:
    assert store.history.size_bytes() > 10_000
