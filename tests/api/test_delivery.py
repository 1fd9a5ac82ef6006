"""Workers that do not share the store: originals out, results in, and only while they are wanted."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from dpip.domain import ClaimedJob, Failure, JobState, Making, Outcome, Worker
from tests.api.conftest import Api
from tests.pictures import encode, photograph

MADE = json.dumps({"way": "decoded", "notes": ["reduced to 8 bits"], "codecs": ["dpip 1"]})


@dataclass
class Running:
    """A job that a worker has, with everything that the worker says when it delivers."""

    api: Api
    worker: Worker
    claimed: ClaimedJob
    result: bytes

    def deliver(self, user: str = "w1", result: bytes | None = None, **fields: str) -> TestResponse:
        form: dict[str, object] = {
            "workload_id": self.claimed.job.workload_id,
            "type": "filtered",
            "original_id": self.claimed.job.id,
            "attempt": str(self.claimed.attempt),
            **fields,
            "data": (io.BytesIO(self.result if result is None else result), "r.jpg"),
        }
        return self.api.ask("POST", "/images", user, data=form)

    def state(self) -> JobState:
        job = self.api.datastore.queue.job(self.claimed.job.id)
        assert job
        return job.state


@pytest.fixture
def running(api: Api, jpeg: bytes) -> Running:
    image = api.original(api.workload(workload_name="w")["workload_id"], jpeg)
    worker = api.worker()
    return Running(api, worker, api.claim(image, worker), encode(photograph(5, 0.05), "jpeg"))


def test_a_worker_fetches_anybodys_original(running: Running, jpeg: bytes) -> None:
    assert running.api.ask("GET", f"/images/{running.claimed.job.id}", "w1").data == jpeg


def test_a_result_is_kept_and_finishes_the_job(running: Running) -> None:
    answer = running.deliver(timings='{"decode": 0.5, "filter": 1, "deliver": 0.25}', making=MADE)
    job_id = running.claimed.job.id
    assert answer.status_code == 201, answer.text
    assert answer.get_json() == {
        "workload_id": running.claimed.job.workload_id,
        "image_id": f"{job_id}-filtered",
        "type": "filtered",
        "key": f"w/{job_id}-filtered.jpg",
    }
    assert running.state() is JobState.DONE
    assert running.api.ask("GET", f"/images/{job_id}-filtered").data == running.result
    (job,) = running.api.ask("GET", f"/workloads/{running.claimed.job.workload_id}/jobs").get_json()["jobs"]
    assert (job["timings_s"]["decode"], job["timings_s"]["filter"]) == (0.5, 1)
    assert job["timings_s"]["deliver"] > 0.25, "and what this delivery took"
    assert running.api.parts.catalog.makings([f"{job_id}-filtered"]) == {
        f"{job_id}-filtered": Making("decoded", ("reduced to 8 bits",), ("dpip 1",))
    }


@pytest.mark.parametrize(
    "making",
    [
        "[]",
        "{}",
        '{"way": 1, "notes": [], "codecs": []}',
        '{"way": "a", "notes": "b", "codecs": []}',
        '{"way": "a", "notes": [1], "codecs": []}',
        json.dumps({"way": "a", "notes": ["a"] * 101, "codecs": []}),
        json.dumps({"way": "a" * 501, "notes": [], "codecs": []}),
    ],
    ids=lambda text: text[:40],
)
def test_how_it_was_made_must_make_sense(running: Running, making: str) -> None:
    refused = running.deliver(making=making)
    assert refused.status_code == 400
    assert "making must be an object of way" in refused.get_json(force=True)["detail"]
    assert running.state() is JobState.RUNNING


def test_delivering_twice_changes_nothing(running: Running) -> None:
    first = running.deliver()
    before = running.api.rows(), running.api.files()
    second = running.deliver()
    assert (second.status_code, second.get_json()) == (201, first.get_json())
    assert (running.api.rows(), running.api.files()) == before


def test_a_late_result_is_refused_and_leaves_nothing(running: Running) -> None:
    claimed, api = running.claimed, running.api
    api.datastore.queue.release([(claimed.job.id, claimed.attempt)], died=True, now=api.clock())
    before = api.rows(), api.files()
    assert running.deliver().status_code == 409
    again = api.claim(claimed.job.id, running.worker)
    assert again.attempt == 2
    refused = running.deliver()
    assert refused.status_code == 409
    assert "is over" in refused.get_json(force=True)["detail"]
    assert (api.rows(), api.files()) == before
    assert running.deliver(attempt="2").get_json()["key"].endswith("-filtered.2.jpg")


def test_a_job_that_is_taken_away_during_the_delivery(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = running.api
    queue, finish = api.parts.queue, api.parts.queue.finish
    before = api.files()

    def finish_late(outcomes: list[Outcome], now: float, max_attempts: int) -> tuple[bool, ...]:
        claimed = running.claimed
        queue.release([(claimed.job.id, claimed.attempt)], died=True, now=now)
        return finish(outcomes, now, max_attempts)

    monkeypatch.setattr(queue, "finish", finish_late)
    assert running.deliver().status_code == 409
    assert api.files() == before
    assert running.state() is JobState.QUEUED


@pytest.mark.parametrize("first", ["w1", "w2"])
def test_of_a_job_with_a_copy_the_first_result_counts(running: Running, first: str) -> None:
    api, claimed = running.api, running.claimed
    epoch = api.datastore.leadership.take("copies", api.clock(), api.clock() + 60)
    assert epoch is not None
    copy = replace(claimed, worker_id=api.worker("w2").id, copy=True)
    assert api.datastore.queue.copy([copy], epoch) == {claimed.job.id}
    answer = running.deliver(first)
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["key"].endswith("-filtered.jpg" if first == "w1" else "-filtered.copy.jpg")
    before = api.rows(), api.files()
    assert running.deliver("w2" if first == "w1" else "w1").status_code == 409
    assert running.deliver(first).get_json() == answer.get_json()
    assert (api.rows(), api.files()) == before


def test_only_the_worker_that_has_the_job_may_deliver(running: Running) -> None:
    running.api.worker("w2")
    assert running.deliver("w2").status_code == 409
    assert running.state() is JobState.RUNNING


@pytest.mark.parametrize("user", ["alice", "admin"])
def test_filtered_images_come_from_workers_only(running: Running, user: str) -> None:
    before = running.api.rows(), running.api.files()
    answer = running.deliver(user)
    assert answer.status_code == 403
    assert "workers" in answer.get_json(force=True)["detail"]
    assert (running.api.rows(), running.api.files()) == before


def test_a_worker_uploads_no_originals_and_reads_no_results(running: Running) -> None:
    assert running.deliver(type="original").status_code == 403
    running.deliver()
    answer = running.api.ask("GET", f"/images/{running.claimed.job.id}-filtered", "w1")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"attempt": "x"}, 400),
        ({"attempt": ""}, 400),
        ({"original_id": ""}, 409),
        ({"original_id": "nothing"}, 409),
        ({"workload_id": "another"}, 409),
        ({"timings": "[]"}, 400),
        ({"timings": '{"decode": "long"}'}, 400),
        ({"timings": '{"decode": 1e999}'}, 400),
        ({"timings": f'{{"decode": {"9" * 400}}}'}, 400),
        ({"timings": '{"decode": -1}'}, 400),
        ({"timings": '{"decode": true}'}, 400),
        ({"timings": '{"nap": 1}'}, 400),
    ],
)
def test_fields_that_make_no_sense(running: Running, fields: dict[str, Any], status: int) -> None:
    before = running.api.rows(), running.api.files()
    assert running.deliver(**fields).status_code == status
    assert (running.api.rows(), running.api.files()) == before
    assert running.state() is JobState.RUNNING


def test_a_result_that_is_no_picture_is_refused(running: Running) -> None:
    before = running.api.files()
    assert running.deliver(result=b"not a picture").status_code == 415
    assert running.api.files() == before
    assert running.state() is JobState.RUNNING


def test_a_job_that_failed_meanwhile_stays_failed(running: Running) -> None:
    claimed = running.claimed
    failure = Outcome(claimed.job.id, claimed.attempt, running.worker.id, Failure("internal", "broken"))
    running.api.datastore.queue.finish([failure], running.api.clock(), 5)
    assert running.deliver().status_code == 409
    assert running.state() is JobState.FAILED
