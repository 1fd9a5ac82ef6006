"""What can be seen from outside: figures for Prometheus, history, request ids."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.people.passwords import Passwords
from api.watching.allocated import FIRST_BYTES, AllocatedDict
from api.watching.counts import Counts
from api.watching.history import POINTS, bucket_s
from api.watching.requests import HEADER
from bus.messages import Pong, Reply, Request
from dpip import logs
from dpip.domain import Failure, Outcome, Success, Timings
from dpip.errors import NotReady
from tests.api.conftest import QUICK, Api
from tests.api.processes import ApiProcess

Samples = dict[tuple[str, ...], float]


def samples(text: str) -> Samples:
    """By name and the values of the labels, in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask(api: Api) -> Samples:
    answer = api.ask("GET", "/metrics", "admin")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    return samples(answer.text)


def end(api: Api, image: str, *, well: bool = True) -> None:
    worker = api.worker()
    claimed = api.claim(image, worker)
    key = f"w/{image}-filtered.jpg"
    result = Success(key, claimed.job.facts) if well else Failure("unreadable", "cut off")
    outcome = Outcome(image, claimed.attempt, worker.id, result, Timings(filter=2.0))
    assert api.datastore.queue.finish([outcome], api.clock(), 5) == (True,)


def test_figures_of_jobs_workers_and_requests(api: Api, jpeg: bytes) -> None:
    workload = api.workload(filter="blur:sigma=5|grayscale", workload_name="w")["workload_id"]
    images = [api.original(workload, jpeg) for _ in range(3)]
    end(api, images[0])
    end(api, images[1], well=False)
    api.clock.now += 100
    api.ask("GET", "/nowhere")
    found = ask(api)
    assert found["dpip_jobs", "blur|grayscale", "queued"] == 1
    assert found["dpip_jobs", "blur|grayscale", "done"] == 1
    assert found["dpip_attempts_total", "done"] == found["dpip_attempts_total", "failed"] == 1
    assert found["dpip_attempts_total", "again"] == 0
    assert found["dpip_busy_seconds_total",] == 2
    assert 0 < found["dpip_megapixels_total",] == pytest.approx(found["dpip_queue_megapixels",])
    assert 100 < found["dpip_queue_age_seconds",] < 102
    assert found["dpip_webhooks_waiting",] == 0
    assert found["dpip_workers", "alive"] == 1
    assert (found["dpip_worker_cpu_percent", "w1"], found["dpip_worker_cores", "w1"]) == (12.5, 2)
    assert found["dpip_worker_silent_seconds", "w1"] > 100
    assert found["dpip_datastore_bytes",] > 10_000
    assert found["dpip_http_requests_total", "POST", "/images", "201"] == 3
    assert found["dpip_http_requests_total", "GET", "none", "404"] == 1
    assert found["dpip_http_request_seconds_count", "POST", "/images"] == 3


def test_figures_of_the_store_the_bus_and_the_database(api: Api, jpeg: bytes) -> None:
    registry = CollectorRegistry()
    counts = Counts(registry)
    counts.message("hint", "sent")
    counts.used("write", 0.02)
    told = Pong(boot="b", messages={"request received": 5}, stored_bytes=7, stored_files=1)
    parts = replace(api.parts, counted=registry, ask=lambda _: told)
    found = ask(replace(api, app=create_app(parts, Passwords(QUICK))))
    usage = shutil.disk_usage(api.images)
    assert found["dpip_store_size_bytes",] == usage.total
    assert found["dpip_store_free_bytes",] == pytest.approx(usage.free, rel=0.5)
    assert (found["dpip_store_used_bytes",], found["dpip_store_files",]) == (7, 1)
    assert found["dpip_controller_answers",] == 1
    assert 0 < found["dpip_bus_seconds",] < 1
    assert found["dpip_controller_bus_messages_total", "request", "received"] == 5
    assert found["dpip_bus_messages_total", "hint", "sent"] == 1
    assert found["dpip_datastore_use_seconds_count", "write"] == 1
    assert found["dpip_datastore_use_seconds_bucket", "write", "0.01"] == 0
    assert found["dpip_datastore_use_seconds_bucket", "write", "0.025"] == 1


def test_a_controller_that_is_away_costs_its_own_figures_only(api: Api) -> None:
    def away(_request: Request) -> Reply:
        raise NotReady("the controller does not answer")

    parts = replace(api.parts, counted=CollectorRegistry(), ask=away)
    found = ask(replace(api, app=create_app(parts, Passwords(QUICK))))
    assert found["dpip_controller_answers",] == 0
    assert ("dpip_bus_seconds",) not in found
    assert ("dpip_store_free_bytes",) in found


def test_a_token_for_prometheus_is_for_nothing_else(api: Api) -> None:
    made = api.ask("POST", "/tokens", "admin", json={"name": "prometheus", "scopes": "metrics"}).get_json()
    assert made["scopes"] == ["metrics"]
    api.tokens["prometheus"] = made["token"]
    assert api.ask("GET", "/metrics", "prometheus").status_code == 200
    assert "this needs read" in api.ask("GET", "/status", "prometheus").get_json()["detail"]
    asked = api.ask("POST", "/tokens", json={"name": "mine", "scopes": "metrics"})
    assert (asked.status_code, asked.get_json()["title"]) == (403, "Not allowed"), "users have none"


def test_the_queue_of_nothing_has_no_age(api: Api) -> None:
    found = ask(api)
    assert (found["dpip_queue_age_seconds",], found["dpip_queue_megapixels",]) == (0, 0)
    assert found["dpip_scheduler_leads",] == 0
    now = api.clock()
    api.datastore.leadership.take("somebody", now, now + 60)
    assert ask(api)["dpip_scheduler_leads",] == 1


def test_serving_processes_count_together(tmp_path: Path) -> None:
    process = ApiProcess(tmp_path, DPIP_PROCESSES="2")
    try:
        token = process.login()
        before = samples(process.curl("/metrics", token=token).stdout)
        for _ in range(10):
            process.curl("/status", token=token)
        found = samples(process.curl("/metrics", token=token).stdout)
        assert found["dpip_http_requests_total", "GET", "/status", "200"] == 10
        assert found["dpip_http_requests_total", "GET", "/metrics", "200"] == 1
        assert before["dpip_http_requests_total", "POST", "/login", "200"] == 1
    finally:
        process.stop()
    assert not list((tmp_path / "run" / "counts").iterdir())


def test_methods_that_somebody_made_up_are_one_series(api: Api) -> None:
    for number in range(20):
        assert api.ask(f"MADEUP{number}", "/status").status_code == 405
    found = ask(api)
    assert found["dpip_http_requests_total", "other", "none", "405"] == 20
    assert not [labels for labels in found if "MADEUP" in " ".join(labels)]


def test_counts_without_room_for_their_file_are_kept_in_memory(tmp_path: Path) -> None:
    counts: Any = AllocatedDict(str(tmp_path / "no" / "such" / "folder.db"))
    counts.write_value("a", 1.0, 0.0)
    assert counts.read_value("a") == (1.0, 0.0)
    counts.close()


@pytest.mark.parametrize("room", [True, False])
def test_counts_grow_and_are_all_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: bool) -> None:
    file = str(tmp_path / "counter_1.db")
    counts: Any = AllocatedDict(file)
    if not room:
        monkeypatch.setattr(os, "posix_fallocate", _no_room)
    names = [f"{'x' * 1000} {number}" for number in range(2 * FIRST_BYTES // 1000)]
    for number, name in enumerate(names):
        counts.write_value(name, float(number), 0.0)
    assert [counts.read_value(name)[0] for name in names] == [float(number) for number in range(len(names))]
    reading: Any = MmapedDict
    shared = {key for key, *_ in reading.read_all_values_from_file(file)}
    assert shared == set(names) if room else shared < set(names)
    counts.close()


def _no_room(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_history_is_what_was_done_and_how_busy_the_workers_were(api: Api, jpeg: bytes) -> None:
    workload = api.workload(workload_name="w")["workload_id"]
    end(api, api.original(workload, jpeg))
    told = api.ask("GET", "/history?hours=1").get_json()
    assert told["seconds"] == 60
    (point,) = told["points"]
    assert (point["done"], point["failed"], point["busy_s"]) == (1, 0, 2.0)
    assert (point["workers"], point["cpu_percent"], point["running_jobs"]) == (1, 12.5, 1)
    api.clock.now += 48 * 3600
    api.tokens.clear()  # the login has expired
    assert api.ask("GET", "/history").get_json()["points"] == []
    api.datastore.history.thin(api.clock())
    older = api.ask("GET", "/history?hours=72").get_json()
    assert (older["seconds"], [one["done"] for one in older["points"]]) == (3600, [1])


@pytest.mark.parametrize("hours", [1, 2, 24, 25, 24 * 7, 24 * 31, 24 * 366])
def test_a_chart_has_a_bearable_number_of_points(hours: int) -> None:
    assert hours * 3600 / bucket_s(hours) <= max(POINTS, hours / 24)
    assert bucket_s(hours) >= (3600 if hours > 24 else 60)


@pytest.fixture
def quiet_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The root logger gets its handlers and its level back."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)


@pytest.mark.usefixtures("quiet_root")
@pytest.mark.parametrize(
    ("form", "line"), [("text", "login request=order-17 user=alice"), ("json", '"request": "order-17"')]
)
def test_a_request_has_an_id_in_its_answer_and_in_the_log(
    api: Api, capsys: pytest.CaptureFixture[str], form: str, line: str
) -> None:
    logs.configure("api", "info", form)
    assert api.login("alice", headers={HEADER: "order-17"}).headers[HEADER] == "order-17"
    (told,) = capsys.readouterr().err.splitlines()
    assert line in told


@pytest.mark.parametrize("given", ["", "two words", "a" * 101, "\N{CAMERA}"])
def test_an_id_that_is_none_is_not_taken(api: Api, given: str) -> None:
    first, second = (api.ask("GET", "/status", headers={HEADER: given}).headers[HEADER] for _ in range(2))
    assert given not in {first, second}
    assert first != second
