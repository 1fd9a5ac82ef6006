"""What failed is listed, exported, run again or removed; a cancelled workload goes on."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dpip.domain import Failure, ImageFacts, Outcome, Success
from dpip.ids import result_key
from tests.api.conftest import Api


def fail(api: Api, image_id: str, kind: str = "unreadable", detail: str = "it ends too early") -> None:
    claimed = api.claim(image_id, api.worker())
    outcome = Outcome(image_id, claimed.attempt, claimed.worker_id, Failure(kind, detail))
    assert api.datastore.queue.finish([outcome], api.clock(), 5) == (True,)


@pytest.fixture
def broken(api: Api, jpeg: bytes) -> tuple[str, list[str]]:
    """A workload of three images, of which the first two failed."""
    workload_id = api.workload()["workload_id"]
    ids = [
        api.upload(workload_id, jpeg, name=name).get_json()["image_id"]
        for name in ("=cmd|calc!A0.jpg", 'a "b", c.jpg', "well.jpg")
    ]
    fail(api, ids[0])
    fail(api, ids[1], "too-large", "it is\nenormous")
    return workload_id, ids


def test_failures_are_listed_page_by_page_with_their_reasons(api: Api, broken: tuple[str, list[str]]) -> None:
    workload_id, ids = broken
    path = f"/workloads/{workload_id}/failures"
    first = api.ask("GET", f"{path}?limit=1").get_json()
    assert [item["image_id"] for item in first["failures"]] == ids[:1]
    assert first["failures"][0] | {"failed_at": 0} == {
        "image_id": ids[0],
        "name": "=cmd|calc!A0.jpg",
        "kind": "unreadable",
        "detail": "it ends too early",
        "attempts": 1,
        "worker": "w1",
        "failed_at": 0,
    }
    second = api.ask("GET", f"{path}?limit=1&after={first['next']}").get_json()
    assert ([item["image_id"] for item in second["failures"]], second["next"]) == (ids[1:2], None)
    only = api.ask("GET", f"{path}?kind=too-large").get_json()["failures"]
    assert [item["kind"] for item in only] == ["too-large"]
    assert api.ask("GET", f"{path}?kind={'x' * 41}").status_code == 400


def test_failures_are_exported(api: Api, broken: tuple[str, list[str]]) -> None:
    workload_id, ids = broken
    answer = api.ask("GET", f"/workloads/{workload_id}/failures.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert f"filename={workload_id}-failures.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["image_id"] for row in rows] == ids[:2]
    assert rows[0]["name"].startswith("'=cmd"), "a spreadsheet would run it"
    assert (rows[1]["name"], rows[1]["detail"]) == ('a "b", c.jpg', "it is\nenormous")
    exported = json.loads(api.ask("GET", f"/workloads/{workload_id}/failures.json").text)
    assert exported == api.ask("GET", f"/workloads/{workload_id}/failures").get_json()["failures"]
    empty = api.ask("GET", f"/workloads/{workload_id}/failures.json?kind=poisonous")
    assert json.loads(empty.text) == []


def test_one_is_replayed_with_all_its_attempts_before_it(api: Api, broken: tuple[str, list[str]]) -> None:
    workload_id, ids = broken
    answer = api.ask("POST", f"/images/{ids[0]}/replay")
    assert (answer.status_code, answer.get_json()) == (200, {"workload_id": workload_id, "replayed": 1})
    assert ("work/", {"workload": workload_id}) in api.heard.said
    shown = api.ask("GET", f"/workloads/{workload_id}").get_json()
    assert (shown["queued"], shown["failed"], shown["status"]) == (2, 1, "scheduling")
    again = api.claim(ids[0], api.worker())
    assert (again.attempt, again.job.spent) == (2, 1)
    passing = Outcome(ids[0], 2, again.worker_id, Failure("storage", "away", retryable=True))
    assert api.datastore.queue.finish([passing], api.clock(), max_attempts=2) == (True,)
    assert api.ask("GET", f"/workloads/{workload_id}").get_json()["queued"] == 2, "one attempt is left"
    for not_failed in (ids[0], ids[2]):
        assert api.ask("POST", f"/images/{not_failed}/replay").status_code == 409


def test_all_or_those_of_one_kind_are_replayed(api: Api, broken: tuple[str, list[str]]) -> None:
    workload_id, _ = broken
    path = f"/workloads/{workload_id}/replay"
    assert api.ask("POST", f"{path}?kind=too-large").get_json()["replayed"] == 1
    assert api.ask("POST", path).get_json()["replayed"] == 1
    assert api.ask("POST", path).get_json()["replayed"] == 0
    assert api.ask("GET", f"/workloads/{workload_id}/failures").get_json()["failures"] == []


def test_a_cancelled_workload_goes_on_where_it_stood(
    api: Api, broken: tuple[str, list[str]], jpeg: bytes
) -> None:
    workload_id, ids = broken
    running = api.claim(ids[2], api.worker())
    api.ask("POST", f"/workloads/{workload_id}/cancel")
    assert api.ask("POST", f"/workloads/{workload_id}/replay").status_code == 409
    resumed = api.ask("POST", f"/workloads/{workload_id}/resume").get_json()
    assert (resumed["cancelled"], resumed["queued"], resumed["failed"]) == (False, 1, 2), (
        "only what was cancelled"
    )
    facts = ImageFacts("jpeg", 1, 1, 1, "ab" * 32)
    key = result_key(resumed["workload_name"], ids[2], running.attempt, "jpg")
    late = Outcome(ids[2], running.attempt, running.worker_id, Success(key, facts))
    assert api.datastore.queue.finish([late], api.clock(), 5) == (False,), "the attempt was cancelled"
    assert api.claim(ids[2], api.worker()).attempt == 2
    assert api.upload(workload_id, jpeg).status_code == 201
    assert api.ask("POST", f"/workloads/{workload_id}/resume").status_code == 200, "again: nothing happens"


def test_an_image_goes_with_its_results_and_its_place_stays_empty(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload(workload_name="few")["workload_id"]
    first, second = api.original(workload_id, jpeg), api.original(workload_id, jpeg)
    api.claim(first, api.worker())
    answer = api.ask("DELETE", f"/images/{first}")
    assert answer.get_json() == {"image_id": first, "deleted_images": 1}
    assert ("cancelled/", {"workload": workload_id}) in api.heard.said
    assert api.ask("GET", f"/images/{first}").status_code == 404
    assert api.ask("DELETE", f"/images/{first}").status_code == 404
    assert api.files() == [f"few/{second}.jpg"]
    shown = api.ask("GET", f"/workloads/{workload_id}").get_json()
    assert (shown["total"], shown["running"], shown["queued"]) == (1, 0, 1)
    assert api.original(workload_id, jpeg) > second, "ids are never used again"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/workloads/{workload}/failures"),
        ("GET", "/workloads/{workload}/failures.csv"),
        ("GET", "/workloads/{workload}/failures.json"),
        ("POST", "/workloads/{workload}/replay"),
        ("POST", "/workloads/{workload}/resume"),
        ("POST", "/images/{image}/replay"),
        ("DELETE", "/images/{image}"),
    ],
)
def test_they_are_for_the_owner_only(api: Api, broken: tuple[str, list[str]], method: str, path: str) -> None:
    workload_id, ids = broken
    asked = path.format(workload=workload_id, image=ids[0])
    assert api.ask(method, asked, "bob").status_code == 404
    assert api.ask(method, asked, None).status_code == 401
    assert api.ask(method, asked, "admin").status_code == 200
