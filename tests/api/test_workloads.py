"""Workloads: every client of the contract, the object it gets, and what becomes of it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from dpip.domain import Load, Machine, WorkerState
from dpip.ports import Report
from tests.api.conftest import Api

CONTRACT = {"workload_id", "filter", "workload_name", "status", "running_jobs", "filtered_images"}


@pytest.mark.parametrize(
    ("request_", "filter_", "name"),
    [
        ({}, "grayscale", None),
        ({"data": ""}, "grayscale", None),
        ({"json": {}}, "grayscale", None),
        ({"data": {"filter": "blur"}}, "blur", None),
        ({"data": {"filter": "blur", "workload_name": "n 1"}}, "blur", "n 1"),
        ({"data": {"filter": "", "workload_name": ""}}, "grayscale", None),
        ({"data": {"filter": "grayscale"}, "content_type": "multipart/form-data"}, "grayscale", None),
        ({"json": {"filter": "blur", "workload_name": "Übung 2"}}, "blur", "Übung 2"),
        # curl -d '{...}' without a header says that it is a form
        (
            {"data": '{"filter": "blur"}', "content_type": "application/x-www-form-urlencoded"},
            "blur",
            None,
        ),
        ({"data": "filter=blur", "content_type": "application/x-www-form-urlencoded"}, "blur", None),
        ({"query_string": "filter=blur&workload_name=q"}, "blur", "q"),
    ],
)
def test_every_client_makes_its_workload(
    api: Api, request_: dict[str, Any], filter_: str, name: str | None
) -> None:
    answer = api.ask("POST", "/workloads", **request_)
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    assert set(made) >= CONTRACT
    assert made["filter"] == filter_
    assert made["status"] == "scheduling"
    assert made["running_jobs"] == 0
    assert made["filtered_images"] == []
    if name is None:
        assert len(made["workload_name"].split("-")) == 3
    else:
        assert made["workload_name"] == name
    assert api.ask("GET", answer.headers["Location"]).get_json() == made


@pytest.mark.parametrize(
    ("fields", "pipeline", "filter_"),
    [
        ({"filter": "blur", "sigma": 5}, "blur:sigma=5", "blur"),
        ({"filter": "blur", "sigma": "5.5"}, "blur:sigma=5.5", "blur"),
        ({"filter": "blur", "parameters": {"sigma": 2}}, "blur:sigma=2", "blur"),
        ({"filter": "blur", "parameters": '{"sigma": 2}'}, "blur:sigma=2", "blur"),
        ({"filter": "blur", "sigma": 3}, "blur", "blur"),
        ({"filter": "blur", "keep_metadata": True}, "blur|convert:keep_metadata=true", "blur"),
        ({"filter": "blur:sigma=4|grayscale"}, "blur:sigma=4|grayscale", "blur|grayscale"),
        (
            {"filter": [{"filter": "blur", "sigma": 4}, {"filter": "grayscale"}]},
            "blur:sigma=4|grayscale",
            "blur|grayscale",
        ),
        ({"filter": ["grayscale"], "format": "png"}, "grayscale|convert:format=png", "grayscale"),
        ({"filter": '[{"filter": "blur", "sigma": 4}]'}, "blur:sigma=4", "blur"),
    ],
)
def test_parameters_of_the_filter(api: Api, fields: dict[str, Any], pipeline: str, filter_: str) -> None:
    made = api.workload(**fields)
    assert (made["pipeline"], made["filter"]) == (pipeline, filter_)
    assert api.workload(filter=made["pipeline"])["pipeline"] == pipeline


def test_a_parameter_as_a_form_field(api: Api) -> None:
    answer = api.ask("POST", "/workloads", data={"filter": "blur", "sigma": "7"})
    assert answer.get_json()["pipeline"] == "blur:sigma=7"


@pytest.mark.parametrize("given", ["gpu, fast", ["fast", "gpu"]])
def test_tags_that_nobody_offers_are_named(api: Api, jpeg: bytes, given: Any) -> None:
    made = api.workload(tags=given)
    assert made["tags"] == ["fast", "gpu"]
    api.original(made["workload_id"], jpeg)
    api.worker("w1", tags=("fast",))
    shown = api.ask("GET", f"/workloads/{made['workload_id']}").get_json()
    assert shown["missing_tags"] == ["gpu"]
    assert "'gpu'" in shown["note"]
    api.worker("w2", tags=("gpu",))
    assert api.ask("GET", f"/workloads/{made['workload_id']}").get_json()["missing_tags"] == []


def test_other_peoples_workloads_do_not_exist(api: Api, jpeg: bytes) -> None:
    theirs = api.workload("alice")["workload_id"]
    for method, path in (
        ("GET", ""),
        ("GET", "/images"),
        ("GET", "/jobs"),
        ("POST", "/cancel"),
        ("DELETE", ""),
    ):
        answer = api.ask(method, f"/workloads/{theirs}{path}", "bob")
        assert answer.status_code == 404, path
        assert theirs in answer.get_json(force=True)["detail"]
    assert api.upload(theirs, jpeg, "bob").status_code == 404
    assert api.files() == []
    assert api.ask("GET", "/workloads", "bob").get_json()["workloads"] == []
    assert api.ask("GET", "/status", "bob").get_json()["active_workloads"] == []
    assert api.ask("GET", f"/workloads/{theirs}", "admin").status_code == 200
    assert len(api.ask("GET", "/status", "admin").get_json()["active_workloads"]) == 1


def test_lists_come_in_pages(api: Api) -> None:
    made = [api.workload()["workload_id"] for _ in range(5)]
    seen: list[str] = []
    after = ""
    while after is not None:
        page = api.ask("GET", f"/workloads?limit=2&after={after}").get_json()
        assert len(page["workloads"]) <= 2
        seen += [workload["workload_id"] for workload in page["workloads"]]
        after = page["next"]
    assert seen == made[::-1]


def test_images_and_jobs_of_a_workload(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    originals = [api.original(made, jpeg) for _ in range(3)]
    other = api.workload()["workload_id"]
    foreign = api.original(other, jpeg)
    worker = api.worker()
    claimed = api.claim(originals[1], worker)
    first = api.ask("GET", f"/workloads/{made}/images?limit=2").get_json()
    assert [(item["image_id"], item["state"]) for item in first["images"]] == [
        (originals[0], "queued"),
        (originals[1], "running"),
    ]
    rest = api.ask("GET", f"/workloads/{made}/images?limit=2&after={first['next']}").get_json()
    assert [(item["image_id"], item["state"]) for item in rest["images"]] == [(originals[2], "queued")]
    assert rest["next"] is None
    (job,) = api.ask("GET", f"/workloads/{made}/jobs?state=running").get_json()["jobs"]
    assert job["image_id"] == claimed.job.id
    assert job["worker"] == "w1"
    assert job["reason"] == "it is the only one"
    assert job["attempt"] == 1
    every = api.ask("GET", f"/workloads/{made}/jobs").get_json()["jobs"]
    assert [item["image_id"] for item in every] == originals
    for cursor in ("0", foreign):
        assert api.ask("GET", f"/workloads/{made}/jobs?after={cursor}").status_code == 400


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=1001", "limit=²", "after=" + "x" * 200]
)
def test_bad_paging_is_malformed(api: Api, query: str) -> None:
    assert api.ask("GET", f"/workloads?{query}").status_code == 400


def test_bad_choices_name_the_good_ones(api: Api) -> None:
    made = api.workload()["workload_id"]
    assert (
        "queued, running" in api.ask("GET", f"/workloads/{made}/jobs?state=x").get_json(force=True)["detail"]
    )
    assert (
        "original, filtered"
        in api.ask("GET", f"/workloads/{made}/images?kind=x").get_json(force=True)["detail"]
    )


def test_cancelling_fails_the_jobs_and_refuses_uploads(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    image = api.original(made, jpeg)
    answer = api.ask("POST", f"/workloads/{made}/cancel")
    shown = answer.get_json()
    assert (answer.status_code, shown["cancelled"], shown["status"]) == (200, True, "completed")
    assert [(item["image_id"], item["kind"]) for item in shown["failed_images"]] == [(image, "cancelled")]
    assert ("cancelled/", {"workload": made}) in api.heard.said
    before = api.rows(), api.files()
    refused = api.upload(made, jpeg)
    assert refused.status_code == 409
    assert "cancelled" in refused.get_json(force=True)["detail"]
    assert (api.rows(), api.files()) == before


def test_deleting_leaves_nothing(api: Api, jpeg: bytes) -> None:
    made = api.workload(workload_name="gone")["workload_id"]
    image = api.original(made, jpeg)
    assert len(api.files()) == 1
    answer = api.ask("DELETE", f"/workloads/{made}")
    assert answer.get_json() == {"workload_id": made, "deleted_images": 1}
    assert api.rows() == {"workloads": 0, "images": 0, "jobs": 0}
    assert api.files() == []
    assert not (api.images / "gone").exists()
    assert api.ask("GET", f"/images/{image}").status_code == 404
    assert api.ask("DELETE", f"/workloads/{made}").status_code == 404
    api.workload(workload_name="gone")  # the name is free again


def test_status_workers_and_filters(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    api.original(made, jpeg)
    api.worker("w1", tags=("gpu",))
    status = api.ask("GET", "/status").get_json()
    assert status["system_name"]
    assert status["server_time"].endswith("+00:00")
    assert [workload["workload_id"] for workload in status["active_workloads"]] == [made]
    assert status["active_workloads"][0]["running_jobs"] == 1
    assert (status["queued_jobs"], status["workers"]) == (1, {"alive": 1})
    (worker,) = api.ask("GET", "/workers").get_json()["workers"]
    assert (worker["name"], worker["tags"], worker["state"]) == ("w1", ["gpu"], "alive")
    assert (worker["cores"], worker["cpu_percent"], worker["running_jobs"]) == (2, 12.5, 1)
    assert (worker["memory_total"], worker["memory_available"]) == (4 << 30, 2 << 30)
    assert worker["since"].endswith("+00:00")
    filters = {item["name"]: item for item in api.ask("GET", "/filters").get_json()["filters"]}
    assert filters["blur"]["parameters"]["properties"]["sigma"]["default"] == 3.0
    assert "grayscale" in filters


def test_ready_says_what_is_wrong(api: Api) -> None:
    ready = api.ask("GET", "/health/ready", None)
    assert ready.status_code == 200
    assert "uploads wait" in ready.get_json()["checks"]["workers"]
    api.images.mkdir(exist_ok=True)
    for file in api.images.iterdir():
        file.rmdir()
    api.images.rmdir()
    api.images.write_text("a file where the folder should be")
    answer = api.ask("GET", "/health/ready", None)
    assert answer.status_code == 503
    assert "image_store" in answer.get_json(force=True)["detail"]


def test_a_file_is_refused_where_none_is_taken(api: Api, jpeg: bytes) -> None:
    answer = api.ask("POST", "/workloads", data={"data": (io.BytesIO(jpeg), "a.jpg")})
    assert answer.status_code == 400
    assert "POST /images" in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize("filter_", ["|".join(["blur"] * 17), [{"filter": "blur"}] * 17])
def test_a_pipeline_that_is_too_long_makes_no_workload(api: Api, filter_: object) -> None:
    answer = api.ask("POST", "/workloads", json={"filter": filter_})
    assert answer.status_code == 400
    assert answer.get_json()["detail"] == "the filter has 17 steps; at most 16 are run for an output"
    assert api.rows()["workloads"] == 0


@pytest.mark.parametrize(("given", "shown"), [({}, 5), ({"priority": 9}, 9), ({"priority": "0"}, 0)])
def test_a_workload_has_a_priority(api: Api, given: dict[str, object], shown: int) -> None:
    made = api.workload(**given)
    assert made["priority"] == shown
    assert api.ask("GET", f"/workloads/{made['workload_id']}").get_json()["priority"] == shown


@pytest.mark.parametrize("priority", [10, -1, "high", 1.5, True, "²", [1], "5" * 5000])
def test_a_priority_out_of_range_is_refused(api: Api, priority: object) -> None:
    answer = api.ask("POST", "/workloads", json={"priority": priority})
    assert answer.status_code == 400
    assert "0 to 9" in answer.get_json(force=True)["detail"]


def test_workers_with_other_codecs_are_seen(api: Api) -> None:
    register, now = api.datastore.register, api.clock()
    assert api.ask("GET", "/workers").get_json()["codecs_differ"] == []
    for number, turbo in enumerate(("turbojpeg a", "turbojpeg none")):
        machine = Machine("host", 2, 4 << 30, codecs=("pillow 13.0", turbo))
        worker = register.join(f"w{number}", (), machine, str(number), now)
        register.record([Report(worker.id, WorkerState.ALIVE, 1, Load(1.0, 2 << 30, 0), now)])
    found = api.ask("GET", "/workers").get_json()
    assert found["codecs_differ"] == ["turbojpeg a", "turbojpeg none"]
    assert [worker["codecs"] for worker in found["workers"]] == [
        ["pillow 13.0", "turbojpeg a"],
        ["pillow 13.0", "turbojpeg none"],
    ]


def test_lists_are_of_one_state_and_sorted(api: Api, jpeg: bytes) -> None:
    empty, queued, over, running = (api.workload()["workload_id"] for _ in range(4))
    api.original(queued, jpeg)
    api.original(over, jpeg)
    api.ask("POST", f"/workloads/{over}/cancel")
    api.claim(api.original(running, jpeg), api.worker())

    def listed(query: str) -> list[str]:
        found: list[str] = []
        after = ""
        while True:
            page = api.ask("GET", f"/workloads?limit=1&{query}{after}").get_json()
            found += [one["workload_id"] for one in page["workloads"]]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    assert listed("state=running") == [running]
    assert listed("state=completed") == [over]
    assert listed("state=scheduling") == [queued, empty]
    assert listed("state=scheduling&sort=created_at") == [empty, queued]
    assert listed("sort=created_at") == [empty, queued, over, running]
    assert listed("sort=-created_at") == listed("") == [running, over, queued, empty]
    assert api.ask("GET", "/workloads?sort=size").status_code == 400
    assert api.ask("GET", "/workloads?state=gone").status_code == 400
