"""Workloads with several outputs: how they are made and shown, and how workers hand in what they made."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from dpip.domain import ClaimedJob, JobState, Outcome, Success, Worker
from dpip.errors import DpipError
from imaging import Limits
from imaging.made import THE_LONG_WAY
from storage.api_exchange import ApiExchange
from tests.api.conftest import Api
from tests.pictures import encode, photograph
from worker.desk import Ticket
from worker.jobs import JobRunner

PIPELINE = "blur:sigma=1|{large=resize:width=90; small=resize:width=30|convert:format=png}"
JSON = [
    {"filter": "blur", "sigma": 1},
    {
        "outputs": {
            "large": [{"filter": "resize", "width": 90}],
            "small": [{"filter": "resize", "width": 30}, {"filter": "convert", "format": "png"}],
        }
    },
]
MADE = {"large": encode(photograph(5, 0.05), "jpeg"), "small": encode(photograph(6, 0.01), "png")}
EXTENSIONS = {"large": "jpg", "small": "png"}


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"filter": JSON}},
        {"json": {"filter": PIPELINE}},
        {"data": {"filter": PIPELINE}},
        {"data": {"filter": json.dumps(JSON)}},
        {"data": {"filter": PIPELINE.replace("blur:sigma=1", "blur"), "sigma": "1"}},
    ],
)
def test_every_way_to_say_it(api: Api, request_: dict[str, Any]) -> None:
    answer = api.ask("POST", "/workloads", **request_)
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    assert (made["pipeline"], made["filter"]) == (PIPELINE, "blur|{large,small}")
    assert made["outputs"] == ["large", "small"]
    assert api.ask("GET", answer.headers["Location"]).get_json() == made


def test_a_plain_workload_has_one_output(api: Api) -> None:
    assert api.workload(filter="blur")["outputs"] == ["filtered"]
    only = api.workload(filter="{only=blur|grayscale}")
    assert (only["outputs"], only["filter"]) == (["only"], "blur|grayscale")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"filter": "{a=blur; a=blur}"}, 400, "two outputs are called a"),
        ({"filter": "{Large=blur; b=blur}"}, 400, "no name of an output"),
        ({"filter": "{a=blur}|grayscale"}, 400, "last step"),
        ({"filter": "{a=blur; b=grayscale}", "sigma": 4}, 400, "write it into the output"),
        ({"filter": "{a=blur:sigma=0; b=grayscale}"}, 422, "0.1 to 100"),
        ({"filter": [{"outputs": {"a": []}}]}, 400, "not empty"),
    ],
)
def test_mistakes_are_refused(api: Api, fields: dict[str, Any], status: int, words: str) -> None:
    answer = api.ask("POST", "/workloads", json=fields)
    assert answer.status_code == status
    assert words in answer.get_json(force=True)["detail"]
    assert api.rows()["workloads"] == 0


def test_an_output_that_would_be_too_large_refuses_the_upload(api: Api, jpeg: bytes) -> None:
    workload = api.workload(filter="{a=blur; huge=crop:x=9000,y=0,width=10,height=10}")["workload_id"]
    answer = api.upload(workload, jpeg)
    assert answer.status_code == 422, answer.text
    assert "output huge: crop" in answer.get_json(force=True)["detail"]
    assert api.files() == []


@dataclass
class Running:
    """A job with two outputs that a worker has, and what it says when it delivers."""

    api: Api
    worker: Worker
    claimed: ClaimedJob

    @property
    def id(self) -> str:
        return self.claimed.job.id

    def deliver(self, made: str, user: str = "w1", **fields: str) -> TestResponse:
        form: dict[str, object] = {
            "workload_id": self.claimed.job.workload_id,
            "type": "filtered",
            "original_id": self.id,
            "attempt": str(self.claimed.attempt),
            "output": made,
            **fields,
            "data": (io.BytesIO(MADE[made]), f"r.{EXTENSIONS[made]}"),
        }
        return self.api.ask("POST", "/images", user, data=form)

    def other(self, output: str, **changed: Any) -> dict[str, Any]:
        data = MADE[output]
        return {
            "name": output,
            "key": f"w/{self.id}-{output}.{EXTENSIONS[output]}",
            "format": {"jpg": "jpeg"}.get(EXTENSIONS[output], EXTENSIONS[output]),
            "width": 10,
            "height": 10,
            "size_bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            **changed,
        }

    def both(self) -> TestResponse:
        first = self.deliver("large", final="false")
        assert first.status_code == 201, first.text
        return self.deliver("small", others=json.dumps([self.other("large")]))

    def state(self) -> JobState:
        job = self.api.datastore.queue.job(self.id)
        assert job
        return job.state


@pytest.fixture
def running(api: Api, jpeg: bytes) -> Running:
    image = api.original(api.workload(workload_name="w", filter=PIPELINE)["workload_id"], jpeg)
    worker = api.worker()
    return Running(api, worker, api.claim(image, worker))


def test_nothing_is_kept_before_the_last_output_and_all_is_then(running: Running) -> None:
    api, first = running.api, running.deliver("large", final="false")
    assert first.get_json() == {
        "workload_id": running.claimed.job.workload_id,
        "image_id": f"{running.id}-large",
        "type": "filtered",
        "key": f"w/{running.id}-large.jpg",
        "final": False,
    }
    assert running.state() is JobState.RUNNING
    waiting = api.ask("GET", f"/images/{running.id}-large")
    assert waiting.status_code == 404
    assert "not filtered yet" in waiting.get_json(force=True)["detail"]

    last = running.deliver("small", others=json.dumps([running.other("large")]))
    assert last.get_json()["image_id"] == f"{running.id}-small"
    assert running.state() is JobState.DONE
    for name, data in MADE.items():
        assert api.ask("GET", f"/images/{running.id}-{name}").data == data
    shown = api.ask("GET", f"/workloads/{running.claimed.job.workload_id}").get_json()
    assert shown["filtered_images"] == [f"{running.id}-large", f"{running.id}-small"]
    listed = api.ask("GET", f"/workloads/{running.claimed.job.workload_id}/images").get_json()["images"]
    assert [(one["image_id"], one["output"]) for one in listed] == [
        (running.id, None),
        (f"{running.id}-large", "large"),
        (f"{running.id}-small", "small"),
    ]


def test_the_order_of_delivery_does_not_matter(running: Running) -> None:
    assert running.deliver("small", final="false").status_code == 201
    assert running.deliver("large", others=json.dumps([running.other("small")])).status_code == 201
    shown = running.api.ask("GET", f"/workloads/{running.claimed.job.workload_id}").get_json()
    assert shown["filtered_images"] == [f"{running.id}-large", f"{running.id}-small"]


def test_an_output_that_nobody_makes_is_told_from_one_to_come(running: Running) -> None:
    for output in ("filtered", "medium"):
        answer = running.api.ask("GET", f"/images/{running.id}-{output}")
        assert answer.status_code == 404
        assert f"makes {running.id}-large, {running.id}-small" in answer.get_json(force=True)["detail"]
    stranger = running.api.ask("GET", f"/images/{running.id}-medium", "bob")
    assert "large" not in stranger.get_json(force=True)["detail"]


def test_delivering_all_twice_changes_nothing(running: Running) -> None:
    first = running.both()
    before = running.api.rows(), running.api.files()
    second = running.both()
    assert (second.status_code, second.get_json()) == (201, first.get_json())
    assert (running.api.rows(), running.api.files()) == before


def test_late_results_leave_nothing(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    api, queue, finish = running.api, running.api.parts.queue, running.api.parts.queue.finish
    before = api.files()

    def finish_late(outcomes: list[Outcome], now: float, max_attempts: int) -> tuple[bool, ...]:
        queue.release([(running.id, running.claimed.attempt)], died=True, now=now)
        return finish(outcomes, now, max_attempts)

    monkeypatch.setattr(queue, "finish", finish_late)
    assert running.both().status_code == 409
    assert api.files() == before
    assert running.deliver("large", final="false").status_code == 409
    assert api.files() == before
    assert running.state() is JobState.QUEUED


def test_an_output_whose_job_is_taken_away_meanwhile_leaves_nothing(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, store = running.api.files(), running.api.parts.store
    begin = store.begin

    def begin_late() -> Any:
        upload = begin()
        commit = upload.commit

        def commit_late(key: str) -> None:
            commit(key)
            pair = (running.id, running.claimed.attempt)
            running.api.datastore.queue.release([pair], died=False, now=running.api.clock())

        monkeypatch.setattr(upload, "commit", commit_late)
        return upload

    monkeypatch.setattr(store, "begin", begin_late)
    assert running.deliver("large", final="false").status_code == 409
    assert running.api.files() == before


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"others": "[]"},
        {"others": "{}"},
        {"others": "[1]"},
        {"others": "no json"},
        {"final": "perhaps"},
        {"output": "medium"},
        {"output": "filtered"},
        {"output": ""},
    ],
)
def test_deliveries_that_make_no_sense(running: Running, fields: dict[str, str]) -> None:
    assert running.deliver("large", final="false").status_code == 201
    before = running.api.rows(), running.api.files()
    answer = running.deliver("small", **fields)
    assert answer.status_code == 400, answer.text
    assert (running.api.rows(), running.api.files()) == before
    assert running.state() is JobState.RUNNING


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "w/another.jpg"},
        {"key": "../../etc/passwd"},
        {"key": 5},
        {"size_bytes": 7},
        {"size_bytes": -1},
        {"size_bytes": True},
        {"width": "10"},
        {"width": 10**30},
        {"format": "svg"},
        {"format": "png"},
        {"sha256": "x"},
        {"name": "small"},
        {"name": 3},
        {"more": 1},
    ],
    ids=str,
)
def test_others_that_are_not_there_as_told(running: Running, changed: dict[str, Any]) -> None:
    assert running.deliver("large", final="false").status_code == 201
    before = running.api.rows(), running.api.files()
    answer = running.deliver("small", others=json.dumps([running.other("large", **changed)]))
    assert answer.status_code == 400, answer.text
    assert (running.api.rows(), running.api.files()) == before


def test_others_that_were_not_delivered(running: Running) -> None:
    answer = running.deliver("small", others=json.dumps([running.other("large")]))
    assert answer.status_code == 400
    assert "deliver it again" in answer.get_json(force=True)["detail"]


def test_only_the_worker_that_has_the_job_delivers_its_outputs(running: Running) -> None:
    running.api.worker("w2")
    before = running.api.files()
    assert running.deliver("large", "w2", final="false").status_code == 409
    assert running.deliver("large", "alice", final="false").status_code == 403
    assert running.api.files() == before


@pytest.fixture
def url(api: Api) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, api.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_worker_delivers_all_outputs_over_http(running: Running, url: str) -> None:
    api = running.api
    exchange = ApiExchange(url, api.tokens["w1"])
    try:
        outcome = JobRunner(running.worker.id, 1, Limits(), lambda: exchange, 60.0).run(
            Ticket(running.claimed)
        )
    finally:
        exchange.close()
    assert isinstance(outcome.result, Success), outcome.result
    assert running.state() is JobState.DONE
    # The scheduler is told, too: nothing changes.
    assert api.datastore.queue.finish([outcome], api.clock(), 5) == (True,)
    for name, width, form in (("large", 90, "image/jpeg"), ("small", 30, "image/png")):
        answer = api.ask("GET", f"/images/{running.id}-{name}")
        assert answer.mimetype == form
        facts = api.datastore.catalog.image(f"{running.id}-{name}", None)
        assert facts
        assert (facts.facts.width, facts.facts.size_bytes) == (width, len(answer.data))
    report = api.ask("GET", f"/images/{running.id}/report").get_json()
    assert [(one["output"], one["way"]) for one in report["results"]] == [
        (name, THE_LONG_WAY) for name in ("large", "small")
    ]
    timings = report["job"]["timings_s"]
    assert min(timings[step] for step in ("fetch", "decode", "filter", "encode", "deliver")) > 0


def test_a_worker_that_comes_late_over_http_is_told(running: Running, url: str) -> None:
    pair = (running.id, running.claimed.attempt)
    running.api.datastore.queue.release([pair], died=False, now=running.api.clock())
    exchange = ApiExchange(url, running.api.tokens["w1"])
    try:
        outcome = JobRunner(running.worker.id, 1, Limits(), lambda: exchange, 60.0).run(
            Ticket(running.claimed)
        )
    finally:
        exchange.close()
    assert not isinstance(outcome.result, (Success, DpipError))
    assert outcome.result.kind == "fenced"
