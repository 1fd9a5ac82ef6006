"""One job: right results, and one outcome for whatever goes wrong."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from dpip.domain import ClaimedJob, Failure, ImageFacts, Making, Success
from dpip.errors import DpipError, Fenced, NotReady, StorageFull, Unauthenticated
from dpip.ports import ImageExchange
from imaging.codec_set import codec_set
from imaging.limits import Limits
from imaging.made import THE_LONG_WAY
from imaging.shortcuts import jpeg_gray
from storage import FolderStore
from storage.exchange import StoreExchange
from tests.worker.jobs import MEBIBYTE, assert_gray, claimed, picture, pixels
from worker.desk import Desk, Ticket
from worker.jobs import JobRunner


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "images")


def runner(exchange: ImageExchange, *, patience_s: float = 5.0, limits: Limits | None = None) -> JobRunner:
    return JobRunner("me", 1, limits or Limits(), lambda: exchange, 60.0, patience_s)


class Troubled:
    """The store, but the first calls end in an error."""

    def __init__(self, store: FolderStore, *errors: DpipError) -> None:
        self._exchange = StoreExchange(store)
        self._errors = list(errors)

    def fetch(self, job: ClaimedJob) -> bytes:
        return self._exchange.fetch(job)

    def deliver(self, job: ClaimedJob, data: bytes, facts: ImageFacts, *more: Any, **named: Any) -> str:
        if self._errors:
            raise self._errors.pop(0)
        return self._exchange.deliver(job, data, facts, *more, **named)


def failure(result: Success | Failure) -> Failure:
    assert isinstance(result, Failure)
    return result


def test_the_result_is_in_the_store_and_right(store: FolderStore) -> None:
    job = claimed(store, picture(), attempt=1)
    outcome = runner(StoreExchange(store)).run(Ticket(job))
    assert (outcome.job_id, outcome.attempt, outcome.worker_id) == (job.job.id, 1, "me")
    assert isinstance(outcome.result, Success)
    assert_gray(store, outcome.result, picture())
    assert min(outcome.timings.fetch, outcome.timings.decode, outcome.timings.encode) > 0
    assert outcome.timings.deliver > 0
    assert outcome.result.making in {Making(way, (), codec_set()) for way in (THE_LONG_WAY, jpeg_gray.PATH)}


def test_attempts_do_not_share_a_key(store: FolderStore) -> None:
    keys = set()
    for attempt in (1, 2):
        outcome = runner(StoreExchange(store)).run(Ticket(claimed(store, picture(), attempt=attempt)))
        assert isinstance(outcome.result, Success)
        keys.add(outcome.result.key)
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"this is no picture", "unsupported"), (picture()[:2000], "unreadable"), (b"", "unreadable")],
    ids=["text", "truncated", "empty"],
)
def test_a_bad_picture_fails_for_good(store: FolderStore, data: bytes, kind: str) -> None:
    failed = failure(runner(StoreExchange(store)).run(Ticket(claimed(store, data))).result)
    assert failed.kind in {kind, "unsupported"}
    assert not failed.retryable
    assert failed.detail


def test_a_picture_over_the_limits_fails_for_good(store: FolderStore) -> None:
    limited = runner(StoreExchange(store), limits=Limits(max_megapixels=0.01))
    failed = failure(limited.run(Ticket(claimed(store, picture()))).result)
    assert (failed.kind, failed.retryable) == ("too-large", False)


def test_missing_bytes_may_be_found_by_another_attempt(store: FolderStore) -> None:
    job = claimed(store, picture())
    store.delete([job.job.key])
    failed = failure(runner(StoreExchange(store)).run(Ticket(job)).result)
    assert (failed.kind, failed.retryable) == ("missing", True)


@pytest.mark.parametrize("error", [NotReady("restarting"), Unauthenticated("an old token")])
def test_a_store_that_is_away_for_a_moment_costs_no_attempt(store: FolderStore, error: DpipError) -> None:
    troubled = Troubled(store, error, error)
    assert isinstance(runner(troubled).run(Ticket(claimed(store, picture()))).result, Success)


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (NotReady("away"), "storage", True),
        (StorageFull("full"), "storage-full", True),
        (Fenced("late"), "fenced", False),
    ],
)
def test_what_the_store_says_is_recorded(
    store: FolderStore, error: DpipError, kind: str, retryable: bool
) -> None:
    troubled = Troubled(store, *[error] * 1000)
    failed = failure(runner(troubled, patience_s=0.0).run(Ticket(claimed(store, picture()))).result)
    assert (failed.kind, failed.retryable, failed.detail) == (kind, retryable, error.detail)


def test_an_error_of_ours_is_recorded_and_may_be_tried_again(store: FolderStore) -> None:
    class Broken(StoreExchange):
        def fetch(self, job: ClaimedJob) -> bytes:
            raise ZeroDivisionError(job.job.id)

    failed = failure(runner(Broken(store)).run(Ticket(claimed(store, picture()))).result)
    assert failed.retryable
    assert "ZeroDivisionError" in failed.detail


def test_a_cancelled_job_ends_at_its_next_step(store: FolderStore) -> None:
    desk = Desk()
    ticket = desk.take(claimed(store, picture()))

    class CancelledMeanwhile(StoreExchange):
        def fetch(self, job: ClaimedJob) -> bytes:
            desk.cancel([(job.job.id, job.attempt)])
            return super().fetch(job)

        def deliver(self, job: ClaimedJob, data: bytes, facts: ImageFacts, *more: Any, **named: Any) -> str:
            raise AssertionError(f"delivered although cancelled: {job}, {facts}, {data!r}, {more}, {named}")

    failed = failure(runner(CancelledMeanwhile(store)).run(ticket).result)
    assert (failed.kind, failed.retryable) == ("cancelled", False)


class CancelledBeforeFiltering(StoreExchange):
    """Fetches, and hears in the next moment that nobody wants the job any more."""

    def __init__(self, store: FolderStore, desk: Desk) -> None:
        super().__init__(store)
        self._desk = desk
        self.delivered = False

    def fetch(self, job: ClaimedJob) -> bytes:
        timer = threading.Timer(0.3, self._desk.cancel, [[(job.job.id, job.attempt)]])
        timer.start()
        return super().fetch(job)

    def deliver(self, job: ClaimedJob, data: bytes, facts: ImageFacts, *more: Any, **named: Any) -> str:
        self.delivered = True
        return super().deliver(job, data, facts, *more, **named)


@pytest.mark.parametrize("deaths", [0, 2], ids=["in a thread", "in a process of its own"])
def test_a_job_that_is_cancelled_while_it_is_filtered_frees_its_core(store: FolderStore, deaths: int) -> None:
    desk = Desk()
    slow = "|".join(["median:radius=5"] * 16)  # each takes a fraction of a second
    ticket = desk.take(claimed(store, picture(megapixels=6), pipeline=slow, deaths=deaths))
    exchange = CancelledBeforeFiltering(store, desk)
    outcome = runner(exchange).run(ticket)
    assert failure(outcome.result).kind == "cancelled"
    assert not exchange.delivered
    assert outcome.timings.filter == 0, "it came to an end"


def test_a_new_attempt_cancels_the_old_one_only(store: FolderStore) -> None:
    desk = Desk()
    old, other = desk.take(claimed(store, picture())), desk.take(claimed(store, picture(), 2))
    new = desk.take(claimed(store, picture(), attempt=2))
    assert (old.cancelled, other.cancelled, new.cancelled) == (True, False, False)
    assert len(desk) == 3
    desk.leave(old)
    desk.leave(old)
    assert len(desk) == 2


def test_no_more_pictures_are_filtered_at_once_than_there_are_cores(store: FolderStore) -> None:
    """A job that waits for the store does not hold a core: the second one overtakes the first."""
    delivering, go_on = threading.Event(), threading.Event()

    class SlowFirst(StoreExchange):
        def deliver(self, job: ClaimedJob, data: bytes, facts: ImageFacts, *more: Any, **named: Any) -> str:
            if job.job.id.endswith("1"):
                delivering.set()
                assert go_on.wait(20)
            return super().deliver(job, data, facts, *more, **named)

    one_core = runner(SlowFirst(store))
    first = threading.Thread(target=one_core.run, args=[Ticket(claimed(store, picture(), 1))])
    first.start()
    assert delivering.wait(20)
    assert isinstance(one_core.run(Ticket(claimed(store, picture(), 2))).result, Success)
    go_on.set()
    first.join()


def test_a_suspect_runs_in_a_process_of_its_own_with_the_same_result(store: FolderStore) -> None:
    job = claimed(store, picture(), deaths=2, pipeline="blur:sigma=2")
    outcome = runner(StoreExchange(store)).run(Ticket(job))
    assert isinstance(outcome.result, Success), outcome.result
    assert outcome.result.making == Making(THE_LONG_WAY, (), codec_set())
    alone = store.get(outcome.result.key)
    plain = runner(StoreExchange(store)).run(Ticket(claimed(store, picture(), 2, pipeline="blur:sigma=2")))
    assert isinstance(plain.result, Success)
    assert (pixels(alone) == pixels(store.get(plain.result.key))).all()
    assert outcome.timings.filter > 0


def test_a_suspect_that_is_merely_bad_is_not_called_poisonous(store: FolderStore) -> None:
    job = claimed(store, picture()[:2000], deaths=2)
    assert failure(runner(StoreExchange(store)).run(Ticket(job)).result).kind == "unreadable"


def test_a_suspect_that_eats_memory_is_stopped(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.isolated.MEMORY_BASE", 4 * MEBIBYTE)
    job = claimed(store, picture(megapixels=12.0), deaths=2, memory=1)
    failed = failure(runner(StoreExchange(store)).run(Ticket(job)).result)
    assert failed.kind in {"poisonous", "unreadable"}  # decoders do not all say that it was the memory
    assert not failed.retryable


def test_a_suspect_that_takes_too_long_is_stopped(store: FolderStore) -> None:
    impatient = JobRunner("me", 1, Limits(), lambda: StoreExchange(store), job_limit_s=0.01)
    failed = failure(impatient.run(Ticket(claimed(store, picture(), deaths=2))).result)
    assert (failed.kind, failed.retryable) == ("poisonous", False)
