"""What is tried again, and what is not: decided without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dpip_client import api, flows
from dpip_client.calls import KEY, Answer, Broken, Call, Outcome, loaded
from dpip_client.errors import (
    Conflict,
    InProgress,
    NotDpip,
    NotReady,
    ServerFault,
    TooMany,
    Unreachable,
    error_of,
)
from dpip_client.flows import Flow, Item, Sleep
from dpip_client.models import Job, Result, Workload
from dpip_client.retrying import Patience
from dpip_client.tracking import Tracker, result_of
from dpip_client.uploading import plan

PATIENCE = Patience(attempts=3, first_s=1.0, longest_s=8.0)
POST = Call("POST", "/x", loaded)
GET = Call("GET", "/x", loaded)
FINE = Answer(200, {}, b'{"a": 1}')


def played(flow: Flow[Any], *outcomes: Outcome) -> tuple[list[float], Any]:
    """Give the outcomes to a flow, one for each call; the waits between, and what it returned."""
    given = iter(outcomes)
    waits: list[float] = []
    outcome: Outcome = None
    while True:
        try:
            step = flow.send(outcome)
        except StopIteration as end:
            assert next(given, None) is None, "it asked less often"
            return waits, end.value
        if isinstance(step, Sleep):
            waits.append(step.seconds)
            outcome = None
        else:
            assert not isinstance(step, Item)
            outcome = next(given)


def test_what_the_server_turned_away_is_sent_again_after_the_time_it_asked_for() -> None:
    busy = Answer(429, {"retry-after": "7"}, b'{"detail": "too much"}')
    away = Answer(503, {}, b"")
    waits, value = played(flows.answered(POST, PATIENCE), busy, away, FINE)
    assert value == {"a": 1}
    assert waits[0] == 7.0
    assert 1.0 <= waits[1] <= 2.0, "the second wait is up to twice the first"


def test_patience_ends_with_the_error_itself() -> None:
    busy = Answer(429, {"retry-after": "2"}, b'{"detail": "too much"}')
    with pytest.raises(TooMany, match="too much") as caught:
        played(flows.answered(POST, PATIENCE), busy, busy, busy)
    assert caught.value.retry_after_s == 2.0
    with pytest.raises(TooMany):
        played(flows.answered(POST, PATIENCE), Answer(429, {"retry-after": "900"}))


def test_a_broken_connection_is_tried_again_where_that_is_safe() -> None:
    lost = Broken("it broke", sent=True)
    assert played(flows.answered(GET, PATIENCE), lost, FINE)[1] == {"a": 1}
    assert played(flows.answered(POST.keyed("k"), PATIENCE), lost, FINE)[1] == {"a": 1}
    with pytest.raises(Unreachable, match="it broke"):
        played(flows.answered(POST, PATIENCE), lost)
    assert played(flows.answered(POST, PATIENCE), Broken("refused", sent=False), FINE)[1] == {"a": 1}


def test_what_is_hopeless_or_refused_is_not_repeated() -> None:
    with pytest.raises(Unreachable):
        played(flows.answered(GET, PATIENCE), Broken("wrong certificate", sent=False, hopeless=True))
    with pytest.raises(Conflict, match="taken"):
        played(flows.answered(GET, PATIENCE), Answer(409, {}, b'{"detail": "the name is taken"}'))
    with pytest.raises(ServerFault):
        played(flows.answered(GET, PATIENCE), Answer(500, {}, b""))
    with pytest.raises(NotDpip):
        played(flows.answered(GET, PATIENCE), Answer(200, {}, b"<html>"))


def test_every_attempt_has_the_same_key() -> None:
    flow = flows.answered(api.create("blur", None, (), None, None), PATIENCE)
    first = flow.send(None)
    flow.send(Broken("it broke", sent=True))
    second = flow.send(None)
    assert isinstance(first, Call)
    assert isinstance(second, Call)
    assert first.headers[KEY] == second.headers[KEY]
    assert len(first.headers[KEY]) > 20


@pytest.mark.parametrize(("status", "kind"), [(502, NotReady), (504, NotReady), (599, ServerFault)])
def test_statuses_become_errors(status: int, kind: type[Exception]) -> None:
    error = error_of(status, {}, b"no JSON")
    assert isinstance(error, kind)
    assert str(status) in str(error)
    assert error_of(204, {}, b"") is None


def workload(*filtered: str, status: str = "running", failed: int = 0) -> dict[str, Any]:
    return {
        "workload_id": "w",
        "workload_name": "n",
        "filter": "blur",
        "status": status,
        "filtered_images": list(filtered),
        "failed": failed,
    }


def test_results_are_told_once_whatever_comes_between() -> None:
    tracker = Tracker()
    first = tracker.results(Workload.of(workload("w-2-filtered")))
    later = tracker.results(Workload.of(workload("w-1-filtered", "w-2-filtered")))
    assert [result.image_id for result in first + later] == ["w-2-filtered", "w-1-filtered"]
    job = {"image_id": "w-3", "state": "failed", "attempt": 1, "worker": None, "reason": None}
    failed = Job.of({**job, "failure": {"kind": "broken", "detail": "cut off"}})
    assert [result.failure.detail for result in tracker.failures([failed]) if result.failure] == ["cut off"]
    assert tracker.failures([failed]) == []


def test_an_id_of_a_result_names_its_original_and_its_output() -> None:
    assert result_of("w-7-three-sizes") == Result("w-7", "three-sizes", "w-7-three-sizes")


def test_a_request_that_is_still_being_served_is_waited_for() -> None:
    serving = Answer(409, {"retry-after": "1"}, b'{"detail": "still being served"}')
    assert played(flows.answered(POST.keyed("k"), PATIENCE), serving, FINE)[1] == {"a": 1}
    assert isinstance(error_of(409, {"retry-after": "1"}, b""), InProgress)


def test_a_request_that_is_never_done_is_given_up_and_costs_no_attempt() -> None:
    serving = Answer(409, {"retry-after": "1"}, b'{"detail": "still being served"}')
    lost = Broken("it broke", sent=True)
    patience = Patience(attempts=2, longest_s=10.0)
    waits, value = played(flows.answered(POST.keyed("k"), patience), lost, *[serving] * 18, FINE)
    assert value == {"a": 1}
    assert all(wait >= 1.0 for wait in waits[1:])
    assert sum(waits) > 60.0, "a hold whose holder was killed is over by then"
    with pytest.raises(InProgress):
        played(flows.answered(POST.keyed("k"), patience), *[serving] * 40)


def test_files_that_travel_together_are_sent_again_as_they_were_under_their_key() -> None:
    sources = [("a", b"A"), ("b", b"B"), ("c", b"A")]
    [flow] = plan("w", sources, PATIENCE)
    told = {
        "images": [{"image_id": "w-1"}, {"image_id": "w-2"}],
        "refused": [{"position": 2, "status": 422, "detail": "no"}],
    }
    first = flow.send(None)
    assert isinstance(flow.send(Broken("lost", sent=True)), Sleep)
    again = flow.send(None)
    assert isinstance(first, Call)
    assert isinstance(again, Call)
    assert first.headers[KEY] == again.headers[KEY]
    assert first.body
    assert again.body
    assert b"".join(first.body.pieces()) == b"".join(again.body.pieces())
    with pytest.raises(StopIteration) as end:
        flow.send(Answer(201, {}, json.dumps(told).encode()))
    assert [(one.source[0], one.image_id) for one in end.value.value] == [
        ("a", "w-1"), ("b", None), ("c", "w-2"),
    ]  # fmt: skip
