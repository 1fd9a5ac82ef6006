"""What the API tells of an image's journey, and what it keeps of a client's trace."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.people.passwords import Passwords
from tests.api.conftest import QUICK, Api
from tests.telemetry.told import Told

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def traced(api: Api, told: Told) -> Api:
    parts = replace(api.parts, traces=told, counted=CollectorRegistry())
    return replace(api, app=create_app(parts, Passwords(QUICK)), parts=parts)


def upload(api: Api, jpeg: bytes, **headers: str) -> str:
    form = {"workload_id": api.workload()["workload_id"], "data": (io.BytesIO(jpeg), "a.jpg")}
    answer = api.ask("POST", "/images", data=form, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["image_id"])


def test_an_upload_begins_the_journey(traced: Api, told: Told, jpeg: bytes) -> None:
    image = upload(traced, jpeg)
    root, receive, keep = told.steps
    assert [step.name for step in told.steps] == ["upload", "receive", "keep"]
    assert {step.image_id for step in told.steps} == {image}
    assert root.within is None
    assert root.began == receive.began <= receive.ended == keep.began <= keep.ended == root.ended
    assert (root.about["dpip.bytes"], root.given) == (len(jpeg), None)


def test_a_clients_trace_is_kept_with_the_job(traced: Api, told: Told, jpeg: bytes) -> None:
    image = upload(traced, jpeg, traceparent=GIVEN)
    assert {step.given for step in told.steps} == {GIVEN}
    assert traced.claim(image, traced.worker()).job.trace == GIVEN
    job = traced.datastore.queue.job(image)
    assert job is not None
    assert job.trace == GIVEN


def test_what_is_refused_has_no_journey(traced: Api, told: Told) -> None:
    form = {"workload_id": traced.workload()["workload_id"], "data": (b"no picture", "a.jpg")}
    assert traced.ask("POST", "/images", data=form).status_code == 415
    assert told.steps == []


def test_each_of_many_in_one_request_has_its_own(traced: Api, told: Told, jpeg: bytes) -> None:
    path = f"/workloads/{traced.workload()['workload_id']}/images"
    answer = traced.ask("POST", path, data={"data": (jpeg, "a.jpg")}, headers={"traceparent": GIVEN})
    (kept,) = answer.get_json()["images"]
    assert [step.image_id for step in told.of("upload")] == [kept["image_id"]]
    assert told.of("upload")[0].given == GIVEN


def test_an_answer_that_is_repeated_is_no_second_upload(traced: Api, told: Told, jpeg: bytes) -> None:
    workload = traced.workload()["workload_id"]
    for _ in range(2):
        form = {"workload_id": workload, "data": (jpeg, "a.jpg")}
        assert traced.ask("POST", "/images", data=form, headers={"Idempotency-Key": "k"}).status_code == 201
    assert len(told.of("upload")) == 1


def test_a_result_that_comes_over_http_is_committed_here(traced: Api, told: Told, jpeg: bytes) -> None:
    image = upload(traced, jpeg, traceparent=GIVEN)
    claimed = traced.claim(image, traced.worker())
    form = {
        "workload_id": claimed.job.workload_id,
        "type": "filtered",
        "original_id": image,
        "attempt": "1",
        "data": (jpeg, "r.jpg"),
    }
    assert traced.ask("POST", "/images", "w1", data=form).status_code == 201
    (commit,) = told.of("commit")
    assert (commit.within, commit.given) == (f"job 1 {claimed.worker_id}", GIVEN)
    assert commit.about["dpip.stands"] == "true"


@pytest.mark.parametrize("under", [None, GIVEN])
def test_a_download_is_a_step_or_points_to_the_journey(
    traced: Api, told: Told, jpeg: bytes, under: str | None
) -> None:
    image = upload(traced, jpeg)
    for _ in range(2):
        answer = traced.ask("GET", f"/images/{image}", headers={"traceparent": under} if under else {})
        assert answer.data == jpeg
    first, second = told.of("download")
    assert (first.image_id, first.under, first.within) == (image, under, "upload")
    assert first.key != second.key


def test_a_workers_fetch_is_no_download(traced: Api, told: Told, jpeg: bytes) -> None:
    image = upload(traced, jpeg)
    traced.worker()
    assert traced.ask("GET", f"/images/{image}", "w1").data == jpeg
    assert told.of("download") == []


def test_where_nobody_takes_traces_nothing_is_kept(api: Api, jpeg: bytes) -> None:
    image = upload(api, jpeg, traceparent=GIVEN)
    assert api.claim(image, api.worker()).job.trace is None
