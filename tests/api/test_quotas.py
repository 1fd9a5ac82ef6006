"""Quotas over HTTP."""

from __future__ import annotations

import io
import threading
import zipfile

from tests.api.conftest import Api


def give(api: Api, **quota: int | None) -> None:
    assert api.ask("PATCH", "/users/alice", "admin", json=quota).status_code == 200


def test_an_upload_over_the_quota_is_refused_and_deleting_makes_room(api: Api, jpeg: bytes) -> None:
    give(api, quota_images=2)
    made = api.workload()["workload_id"]
    images = [api.original(made, jpeg) for _ in range(2)]
    refused = api.upload(made, jpeg)
    assert refused.status_code == 413
    problem = refused.get_json(force=True)
    assert problem["type"] == "urn:dpip:problem:over-quota"
    assert "quota is 2 images" in problem["detail"]
    assert len(api.files()) == 2
    assert api.ask("DELETE", f"/images/{images[0]}").status_code == 200
    api.original(made, jpeg)
    shown = api.ask("GET", "/users/alice").get_json()
    assert (shown["used_images"], shown["used_bytes"]) == (2, 2 * len(jpeg))


def test_of_many_in_one_request_those_that_fit_are_kept(api: Api, jpeg: bytes) -> None:
    give(api, quota_images=3)
    made = api.workload()["workload_id"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for number in range(5):
            zipped.writestr(f"{number}.jpg", b"" if number == 1 else jpeg)
        zipped.writestr("5.jpg", jpeg)
    answer = api.ask(
        "POST", f"/workloads/{made}/images", data=archive.getvalue(), content_type="application/zip"
    )
    assert answer.status_code == 201, answer.text
    got = answer.get_json()
    assert len(got["images"]) == 3
    assert [(one["position"], one["name"], one["status"]) for one in got["refused"]] == [
        (2, "1.jpg", got["refused"][0]["status"]),
        (5, "4.jpg", 413),
        (6, "5.jpg", 413),
    ]
    assert len(api.files()) == 3


def test_no_upload_over_the_quota_is_answered_201(api: Api, jpeg: bytes) -> None:
    give(api, quota_bytes=5 * len(jpeg))
    workloads = [api.workload()["workload_id"] for _ in range(3)]
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda workload: statuses.append(api.upload(workload, jpeg).status_code),
            args=(workloads[number % 3],),
        )
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [201] * 5 + [413] * 7
    assert api.rows()["images"] == len(api.files()) == 5


def test_workloads_over_the_quota_are_refused_and_deleting_makes_room(api: Api) -> None:
    give(api, quota_workloads=2)
    first = api.workload(workload_name="first")["workload_id"]
    api.workload()
    refused = api.ask("POST", "/workloads")
    assert refused.status_code == 413
    problem = refused.get_json(force=True)
    assert problem["type"] == "urn:dpip:problem:over-quota"
    assert "quota is 2 workloads" in problem["detail"]
    assert api.rows()["workloads"] == 2
    assert api.ask("DELETE", f"/workloads/{first}").status_code == 200
    api.workload(workload_name="first")
    shown = api.ask("GET", "/users/alice").get_json()
    assert (shown["quota_workloads"], shown["used_workloads"]) == (2, 2)
    give(api, quota_workloads=None)
    api.workload()
    api.workload("bob")
