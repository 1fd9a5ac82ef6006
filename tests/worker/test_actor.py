"""The actor as a plain object; `test_ray_actor` has it inside Ray."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dpip.domain import Failure, Outcome, Success, Timings
from imaging.limits import Limits
from storage import FolderStore
from tests.worker.jobs import assert_gray, claimed, picture
from worker.actor import ActorSpec, WorkerActor
from worker.grouping import Tray
from worker.places import ApiPlace, FolderPlace


def outcome(number: int, seconds: float = 0.0) -> Outcome:
    result = Failure("internal", "test")
    return Outcome(f"job-{number}", 1, "w", result, Timings(filter=seconds))


def test_outcomes_that_finish_together_travel_together() -> None:
    tray = Tray(5)
    for number in range(5):
        tray.put(outcome(number))
    assert [len(group) for group in tray.groups()] == [5]


def test_a_finished_job_does_not_wait_for_a_slow_one() -> None:
    tray = Tray(2)
    tray.put(outcome(1, seconds=1.0))
    groups = tray.groups()
    assert [one.job_id for one in next(groups)] == ["job-1"]  # the second is not even there yet
    tray.put(outcome(2))
    assert [one.job_id for one in next(groups)] == ["job-2"]
    assert list(groups) == []


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "images")


@pytest.fixture
def actor(store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerActor]:
    monkeypatch.setattr("worker.actor._log_to", lambda *_: None)  # pytest has its own handlers
    spec = ActorSpec("me", 2, FolderPlace(str(store.root)), Limits(), 60.0, str(tmp_path / "log"))
    made = WorkerActor(spec)
    yield made
    made._threads.shutdown()


def test_every_job_of_a_batch_has_one_outcome_and_a_bad_one_harms_no_other(
    actor: WorkerActor, store: FolderStore
) -> None:
    pictures = {number: picture(number) for number in range(1, 9)}
    batch = [claimed(store, data, number) for number, data in pictures.items()]
    batch.append(claimed(store, b"no picture", 9))
    outcomes = {one.job_id: one for group in actor.run(batch) for one in group}
    assert set(outcomes) == {item.job.id for item in batch}
    for item, data in zip(batch, pictures.values(), strict=False):
        result = outcomes[item.job.id].result
        assert isinstance(result, Success)
        assert_gray(store, result, data)
    assert isinstance(outcomes[batch[-1].job.id].result, Failure)
    assert actor.running() == 0


def test_jobs_that_wait_can_be_cancelled(actor: WorkerActor, store: FolderStore) -> None:
    batch = [claimed(store, picture(number), number) for number in range(1, 30)]
    stream = actor.run(batch)
    first = next(stream)
    actor.cancel([(item.job.id, item.attempt) for item in batch] + [("unknown", 1)])
    rest = [one for group in stream for one in group]
    assert len(first) + len(rest) == len(batch)
    kinds = [one.result.kind for one in rest if isinstance(one.result, Failure)]
    assert kinds, "all were done before they could be cancelled"
    assert set(kinds) == {"cancelled"}


def test_the_status_says_how_long_the_slowest_picture_takes(
    actor: WorkerActor, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        begun.set()
        go_on.wait(20)
        raise ValueError("enough")

    monkeypatch.setattr("worker.jobs.filter_here", slow)
    outcomes: list[list[Outcome]] = []
    thread = threading.Thread(target=lambda: outcomes.extend(actor.run([claimed(store, picture())])))
    thread.start()
    assert begun.wait(20)
    begun_at = time.monotonic()
    while actor.status().oldest_s < 0.05:
        assert time.monotonic() - begun_at < 10
    assert actor.status().running == 1
    go_on.set()
    thread.join()
    assert actor.status().oldest_s == 0.0
    assert len(outcomes) == 1


def test_a_new_place_is_used_from_then_on(actor: WorkerActor, tmp_path: Path) -> None:
    other = FolderStore(tmp_path / "elsewhere")
    job = claimed(other, picture())
    actor.use(FolderPlace(str(other.root)))
    ((one,),) = actor.run([job])
    assert isinstance(one.result, Success)
    assert_gray(other, one.result, picture())


def test_a_places_token_is_not_shown() -> None:
    assert "secret" not in repr(ApiPlace("http://127.0.0.1:1", "secret"))
