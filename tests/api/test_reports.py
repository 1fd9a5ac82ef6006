"""What is told of how results were made, from what a worker's real steps brought."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from dpip.domain import Success
from imaging import Limits
from imaging.codec_set import codec_set
from imaging.made import THE_LONG_WAY
from storage.exchange import StoreExchange
from tests.api.conftest import Api
from tests.imaging.samples import saved
from tests.pictures import photograph
from worker.desk import Ticket
from worker.jobs import JobRunner

REDUCED = "JPEG stores 8 bits: the picture was reduced from 16"


@pytest.fixture
def deep() -> bytes:
    """A photograph in gray, as a PNG of 16 bits."""
    return saved(photograph(3, 0.01)[:, :, 1].astype(np.uint16) * 257, "png")


def work(api: Api, image: str) -> Success:
    worker = api.worker()
    run = JobRunner(worker.id, 1, Limits(), lambda: StoreExchange(api.parts.store), 60.0)
    outcome = run.run(Ticket(api.claim(image, worker)))
    assert api.datastore.queue.finish([outcome], api.clock(), 5) == (True,)
    assert isinstance(outcome.result, Success)
    return outcome.result


def test_a_result_says_what_it_came_of_and_what_it_lost(api: Api, deep: bytes) -> None:
    workload = api.workload(filter="blur|{a=convert:format=jpeg; b=convert:format=png}")
    image = api.original(workload["workload_id"], deep)
    before = api.ask("GET", f"/images/{image}/report").get_json()
    assert (before["results"], before["job"]["state"]) == ([], "queued")
    work(api, image)

    report = api.ask("GET", f"/images/{image}/report").get_json()
    assert report["input_sha256"] == hashlib.sha256(deep).hexdigest()
    assert report["job"]["worker"] == "w1"
    jpeg, png = report["results"]
    assert jpeg["output_sha256"] == hashlib.sha256(api.ask("GET", f"/images/{image}-a").data).hexdigest()
    assert jpeg["pipeline"] == "blur|convert:format=jpeg"
    assert (jpeg["way"], jpeg["notes"], png["notes"]) == (THE_LONG_WAY, [REDUCED], [])
    assert jpeg["codecs"] == list(codec_set())
    alone = api.ask("GET", f"/images/{image}-b/report").get_json()
    assert alone == {**report, "image_id": f"{image}-b", "results": [png]}

    listed = api.ask("GET", f"/workloads/{workload['workload_id']}/images").get_json()["images"]
    assert [one["notes"] for one in listed] == [[], [REDUCED], []]
    whole = api.ask("GET", f"/workloads/{workload['workload_id']}/report").get_json()
    assert whole["notes"] == [{"note": REDUCED, "images": 1}]
    assert sorted(one["images"] for one in whole["made"]) == [1, 1]
    assert whole["pipelines"] == {"a": jpeg["pipeline"], "b": png["pipeline"]}


def test_what_an_early_release_made_has_a_report_too(api: Api, jpeg: bytes) -> None:
    image = api.original(api.workload()["workload_id"], jpeg)
    work(api, image)
    with closing(sqlite3.connect(api.database)) as connection, connection:
        connection.execute("UPDATE images SET making = NULL")
    [result] = api.ask("GET", f"/images/{image}/report").get_json()["results"]
    assert (result["way"], result["notes"], result["codecs"]) == (None, [], None)
    assert result["pipeline"] == "grayscale"
