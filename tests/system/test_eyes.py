"""What can be seen of a running system from outside: an image's trace, its log lines, and the figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.pictures import encode, photograph
from tests.system.client import Client
from tests.system.system import System, eventually
from tests.telemetry.receiver import Receiver, Span, receiving

PICTURE = encode(photograph(1, 0.2), "jpeg")
CLIENTS_TRACE, CLIENTS_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{CLIENTS_TRACE}-{CLIENTS_SPAN}-01"
STEPS = {
    "upload",
    "receive",
    "keep",
    "wait",
    "place",
    "job",
    "fetch",
    "decode",
    "filter",
    "encode",
    "deliver",
    "commit",
}


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[Receiver, str]]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def system(receiver: tuple[Receiver, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Freshly started, with traces on and everything logged."""
    started = System(
        tmp_path_factory.mktemp("home"),
        workers=1,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver[1],
        DPIP_LOG_FORMAT="json",
        DPIP_LOG_LEVEL="debug",
    )
    family: list[psutil.Process] = []
    try:
        started.ready().close()
        yield started
        family = started.descendants()
    finally:
        started.stop()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive, f"left behind: {alive}"


def there_and_back(client: Client, name: str, **headers: str) -> str:
    """An image is uploaded, filtered and downloaded; returns its id."""
    workload_id = client.create(name, "blur:sigma=2")
    form = {"data": ("a.jpg", PICTURE), "workload_id": workload_id}
    image_id = str(client.ask("POST", "/images", fields=form, headers=headers)["image_id"])
    client.wait(workload_id)
    assert client.raw("GET", f"/images/{image_id}-filtered", headers=headers).status == 200
    return image_id


def spans_of(receiver: Receiver, image_id: str) -> list[Span]:
    """All of them, once the last has come."""

    def complete() -> list[Span] | None:
        found = [span for span in receiver.spans if span.about.get("dpip.image_id") == image_id]
        return found if {span.name for span in found} == STEPS | {"download"} else None

    return eventually(complete, f"whole journey of {image_id}", 20.0)


def test_one_image_is_one_connected_trace(system: System, receiver: tuple[Receiver, str]) -> None:
    client = system.client()
    image_id = there_and_back(client, "alone")
    spans = spans_of(receiver[0], image_id)
    assert len(spans) == len(STEPS) + 1, "each step once"
    by_name = {span.name: span for span in spans}
    assert len({span.trace for span in spans}) == 1
    assert by_name["upload"].parent == ""
    ids = {span.id for span in spans}
    assert all(span.parent in ids for span in spans if span.name != "upload"), "connected"
    assert {span.service for span in spans} == {"dpip-api", "dpip-scheduler", "dpip-worker"}
    assert {by_name[name].service for name in ("job", "fetch", "filter")} == {"dpip-worker"}
    order = ("receive", "keep", "wait", "place", "job", "commit", "download")
    began = [by_name[name].began for name in order]
    assert began == sorted(began)
    assert all(span.began <= span.ended for span in spans)
    assert by_name["job"].about["dpip.pipeline"] == "blur:sigma=2"
    assert "only" in by_name["place"].about["dpip.reason"] or "first" in by_name["place"].about["dpip.reason"]
    timings = client.ask("GET", f"/workloads/{image_id.split('-')[0]}/jobs")["jobs"][0]["timings_s"]
    for stage in ("decode", "filter", "encode"):
        assert by_name[stage].ended - by_name[stage].began == pytest.approx(timings[stage], abs=0.001)


def test_a_clients_own_trace_goes_on(system: System, receiver: tuple[Receiver, str]) -> None:
    image_id = there_and_back(system.client(), "together", traceparent=TRACEPARENT)
    spans = spans_of(receiver[0], image_id)
    assert {span.trace for span in spans} == {CLIENTS_TRACE}
    by_name = {span.name: span for span in spans}
    assert by_name["upload"].parent == by_name["download"].parent == CLIENTS_SPAN
    assert by_name["download"].links == ((CLIENTS_TRACE, by_name["upload"].id),)


def test_one_id_follows_an_image_through_the_logs(system: System) -> None:
    client = system.client()
    image_id = there_and_back(client, "logged", **{"X-Request-Id": "order-17"})

    def lines() -> list[dict[str, Any]] | None:
        files = (system.home.path / "logs").glob("*.log*")
        texts = [line for file in files for line in file.read_text().splitlines() if image_id in line]
        found = [json.loads(text[text.index("{") :]) for text in texts]
        return found if {"committed", "answered"} <= {one["event"] for one in found} else None

    told = {(one["component"], one["event"]): one for one in eventually(lines, "lines of it", 10.0)}
    assert {
        ("api", "kept"),
        ("scheduler", "placed"),
        ("actor", "filtered"),
        ("scheduler", "committed"),
    } <= set(told)
    assert told["api", "kept"]["request"] == told["api", "answered"]["request"] == "order-17"
    assert {told[step]["job"] for step in told if step[1] != "answered"} == {image_id}
    assert told["scheduler", "committed"]["stands"] is True


def test_the_figures_of_what_stands_around(system: System) -> None:
    client = system.client()
    there_and_back(client, "counted")
    text = client.raw("GET", "/metrics").data.decode()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["dpip_controller_answers",] == 1
    assert 0 < found["dpip_bus_seconds",] < 5
    for message in (("request", "received"), ("hint", "received"), ("announcement", "sent")):
        assert found["dpip_controller_bus_messages_total", *message] > 0
    assert found["dpip_bus_messages_total", "hint", "sent"] > 0
    assert found["dpip_bus_messages_total", "announcement", "received"] > 0
    assert found["dpip_bus_reconnects_total",] >= 1
    assert found["dpip_datastore_use_seconds_count", "write"] > 0
    assert 0 < found["dpip_store_free_bytes",] < found["dpip_store_size_bytes",]
