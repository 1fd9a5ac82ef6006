"""Streams of events: what is told, to whom, and how they end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from api.events import streams
from dpip.domain import ImageFacts, Outcome, Success
from tests.api.as_described import as_described
from tests.api.conftest import Api

Event = tuple[str, dict[str, Any]]


@contextmanager
def events(api: Api, path: str, user: str = "alice") -> Iterator[Iterator[Event]]:
    answer = api.app.test_client().get(path, headers=api.bearer(user), buffered=False)
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    try:
        yield parsed(answer.iter_encoded())
    finally:
        answer.close()


def parsed(pieces: Iterator[bytes]) -> Iterator[Event]:
    for piece in pieces:
        for block in piece.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in lines:
                yield lines["event"], json.loads(lines["data"])


def finish(api: Api, image_id: str, key: str) -> None:
    worker = api.worker()
    job = api.claim(image_id, worker)
    facts = ImageFacts("jpeg", 4, 4, 10, "0" * 64)
    outcome = Outcome(image_id, job.attempt, worker.id, Success(key, facts))
    assert api.datastore.queue.finish([outcome], api.clock(), 5) == (True,)


def test_it_ends_when_the_workload_has_come_as_far_as_asked(api: Api, jpeg: bytes) -> None:
    made = api.workload()
    path = f"/workloads/{made['workload_id']}/events?until="
    with events(api, f"{path}scheduling") as told:
        assert [news["status"] for _, news in told] == ["scheduling"]
    image = api.original(made["workload_id"], jpeg)
    with events(api, f"{path}running") as told:
        assert next(told)[1]["status"] == "scheduling"
        finish(api, image, f"{made['workload_name']}/x.jpg")  # it never saw it run
        assert [news["status"] for _, news in told] == ["completed"]
    assert api.ask("GET", f"{path}over").status_code == 400


def test_a_workload_is_told_at_once_and_whenever_it_changes(api: Api, jpeg: bytes) -> None:
    made = api.workload()
    path = f"/workloads/{made['workload_id']}/events"
    with events(api, path) as told:
        name, news = next(told)
        assert (name, news["status"], news["total"]) == ("workload", "scheduling", 0)
        as_described(api.app).matches({"$ref": "#/components/schemas/WorkloadNews"}, news)
        image = api.original(made["workload_id"], jpeg)
        api.parts.news.tell(made["workload_id"])
        assert next(told)[1]["queued"] == 1
        finish(api, image, f"{made['workload_name']}/x.jpg")  # no hint: it is found all the same
        assert next(told)[1]["status"] == "completed"
        api.ask("DELETE", f"/workloads/{made['workload_id']}")
        api.parts.news.tell(made["workload_id"])
        assert next(told) == ("deleted", {"workload_id": made["workload_id"]})
        assert next(told, None) is None
    assert api.parts.news.open == 0


def test_everything_means_ones_own(api: Api, jpeg: bytes) -> None:
    hers, his = api.workload("alice")["workload_id"], api.workload("bob")["workload_id"]
    with events(api, "/events", "bob") as told, events(api, "/events", "admin") as told_admin:
        assert next(told)[1]["workload_id"] == his
        assert {next(told_admin)[1]["workload_id"] for _ in range(2)} == {hers, his}
        image = api.original(his, jpeg, "bob")
        assert next(told)[1]["queued"] == 1
        finish(api, image, "some/x.jpg")
        last = next(told)[1]
        assert (last["workload_id"], last["status"]) == (his, "completed")


def test_a_dead_token_ends_it(api: Api) -> None:
    with events(api, "/events") as told:
        made = api.workload()
        assert next(told)[1]["workload_id"] == made["workload_id"]
        api.ask("DELETE", "/logout")
        api.parts.news.tell(None)
        assert next(told, None) is None


def test_streams_are_few_and_more_are_told_when_to_come_again(api: Api) -> None:
    held = [api.app.test_client().get("/events", headers=api.bearer("alice")) for _ in range(12)]
    assert [answer.status_code for answer in held] == [200] * 12  # three quarters of them
    answer = api.ask("GET", "/events")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    for one in held:
        one.close()
    assert api.ask("GET", "/events").status_code == 200


def test_a_quiet_stream_is_kept_alive_and_ends_in_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_pause", lambda *_: None)
    ticks = iter(range(0, 10_000, 5))
    look = streams.one(api.parts, api.workload()["workload_id"], None)
    pieces = list(streams.events(api.parts.news, "w", look, lambda: True, lambda: float(next(ticks))))
    assert pieces.count(b":\n\n") > 10
    assert sum(piece.startswith(b"event") for piece in pieces) == 1


def test_it_ends_with_the_process(api: Api) -> None:
    ending = threading.Event()
    api.parts.news.stopping = ending.is_set
    api.workload()
    with events(api, "/events") as told:
        next(told)
        ending.set()
        assert next(told, None) is None
