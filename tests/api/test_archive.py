"""All of a workload in one zip."""

from __future__ import annotations

import io
import zipfile

from werkzeug.test import TestResponse

from dpip.domain import Outcome, Output, Success
from tests.api.conftest import Api


def unzip(answer: TestResponse) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    found = zipfile.ZipFile(io.BytesIO(answer.data))
    assert found.testzip() is None
    return found


def finish(api: Api, image_id: str, data: bytes, *outputs: str) -> None:
    """Deliver the result of a job as a worker that shares the store does."""
    workload = api.parts.catalog.workload(image_id.split("-", maxsplit=1)[0], None)
    assert workload is not None
    claimed = api.claim(image_id, api.worker())
    made = []
    for name in workload.outputs:
        key = f"{workload.name}/{image_id}.{name}.jpeg"
        api.parts.store.put(key, data)
        stored = api.parts.catalog.image(image_id, None)
        assert stored is not None
        made.append(Output(name, key, stored.facts))
    first, *more = made
    outcome = Outcome(
        claimed.job.id, claimed.attempt, claimed.worker_id, Success(first.key, first.facts, tuple(more))
    )
    assert api.parts.queue.finish([outcome], api.clock(), 5) == (True,)


def test_results_are_called_as_their_originals_and_stand_in_their_order(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload(workload_name="all of it")["workload_id"]
    names = ["b.jpg", "a.jpg", "B.JPG", "c.jpeg"]
    for name in names:
        finish(api, api.upload(workload_id, jpeg, name=name).get_json()["image_id"], jpeg)
    answer = api.ask("GET", f"/workloads/{workload_id}/archive")
    assert "all of it.zip" in answer.headers["Content-Disposition"]
    with unzip(answer) as found:
        assert found.namelist() == ["b.jpg", "a.jpg", "B (2).JPG", "c.jpeg"]
        assert found.read("a.jpg") == jpeg
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in found.infolist())


def test_several_outputs_have_a_folder_each(api: Api, jpeg: bytes) -> None:
    made = api.workload(filter="{large=grayscale;small=resize:width=20}")
    finish(api, api.upload(made["workload_id"], jpeg, name="x.jpg").get_json()["image_id"], jpeg)
    with unzip(api.ask("GET", f"/workloads/{made['workload_id']}/archive")) as found:
        assert found.namelist() == ["large/x.jpg", "small/x.jpg"]


def test_originals_too_and_an_empty_one_is_a_zip(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload()["workload_id"]
    api.upload(workload_id, jpeg, name="photo.jpg")
    with unzip(api.ask("GET", f"/workloads/{workload_id}/archive?kind=original")) as found:
        assert found.read("photo.jpg") == jpeg
    with unzip(api.ask("GET", f"/workloads/{workload_id}/archive")) as found:
        assert found.namelist() == []


def test_nobody_gets_anothers(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload()["workload_id"]
    assert api.ask("GET", f"/workloads/{workload_id}/archive", "bob").status_code == 404
    assert api.ask("GET", f"/workloads/{workload_id}/archive?kind=x").status_code == 400


def test_names_are_such_that_every_system_can_unpack_them(api: Api, jpeg: bytes) -> None:
    made = api.workload(filter="{con=grayscale;small=resize:width=20}")
    names = [
        "nul.jpg",
        "at 10:30?.jpg",
        "end. .jpg",
        "é" * 250 + ".jpg",
        "cafe\u0301.jpg",
        "caf\u00e9.jpg",
        "x.y:z",
    ]
    for name in names:
        finish(api, api.upload(made["workload_id"], jpeg, name=name).get_json()["image_id"], jpeg)
    with unzip(api.ask("GET", f"/workloads/{made['workload_id']}/archive?kind=original")) as found:
        called = found.namelist()
    assert called[:3] == ["_nul.jpg", "at 10_30_.jpg", "end.jpg"]
    assert called[3] == "é" * 90 + ".jpg"
    assert called[5] == "caf\u00e9 (2).jpg", "some systems take both for one"
    assert called[6] == "x.jpg"
    with unzip(api.ask("GET", f"/workloads/{made['workload_id']}/archive")) as found:
        assert found.namelist()[:2] == ["_con/_nul.jpg", "small/_nul.jpg"]
