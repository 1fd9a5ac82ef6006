"""Journeys as spans on the wire, and what happens where nobody takes them."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections import defaultdict

import pytest

from dpip import journey
from dpip.domain import ClaimedJob, Failure, ImageFacts, Needs, QueuedJob
from dpip.ids import original_id
from dpip.journey import ROOT, Step
from dpip.ports import NO_TRACES
from telemetry import open_traces, variables
from telemetry.otlp import OtlpTraces
from tests.api.processes import ROOT as CHECKOUT
from tests.telemetry.receiver import Span, receiving

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
CLIENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = CLIENT.removesuffix("01") + "00"


def image(number: int) -> str:
    return original_id("1m7wf50wm246rx6zr", number)


def claimed(image_id: str, trace: str | None = None) -> ClaimedJob:
    facts = ImageFacts("png", 1, 1, 10, "0" * 64)
    job = QueuedJob(image_id, "w", "tests", "o", "k", facts, "blur", Needs(1.0, 1), 100.0, trace=trace)
    return ClaimedJob(job, "w1", 1, 1e12)


def steps(image_id: str, given: str | None = None) -> list[Step]:
    """What three processes tell of a journey."""
    job = claimed(image_id, given)
    stages = [("fetch", 102.0, 102.5), ("filter", 102.5, 104.0)]
    return [
        Step(image_id, ROOT, 99.0, 100.0, given, within=None),
        *journey.placed(job, 101.0, 101.5, "it is the only one"),
        *journey.worked(job, 102.0, 104.0, stages, Failure("unreadable", "cut off")),
        journey.committed(job, 104.0, 104.5, stands=True),
    ]


def sent(monkeypatch: pytest.MonkeyPatch, told: list[Step], **environment: str) -> list[Span]:
    """What a receiver gets when every step is told by another process."""
    with receiving() as (receiver, endpoint):
        for name, value in {ENDPOINT: endpoint, **environment}.items():
            monkeypatch.setenv(name, value)
        tellers = [OtlpTraces(f"component-{number}") for number in range(3)]
        for number, step in enumerate(told):
            tellers[number % 3].tell([step])
        for teller in tellers:
            teller.close()
        return receiver.spans


@pytest.mark.parametrize("given", [None, CLIENT])
def test_processes_that_know_nothing_of_each_other_make_one_trace(
    monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    spans = {span.name: span for span in sent(monkeypatch, steps(image(1), given))}
    assert set(spans) == {"upload", "wait", "place", "job", "fetch", "filter", "commit"}
    (trace,) = {span.trace for span in spans.values()}
    assert (trace == CLIENT.split("-")[1]) == (given is not None)
    assert spans["upload"].parent == (CLIENT.split("-")[2] if given else "")
    assert {spans[name].parent for name in ("wait", "place", "job")} == {spans["upload"].id}
    assert {spans[name].parent for name in ("fetch", "filter", "commit")} == {spans["job"].id}
    assert (spans["wait"].began, spans["wait"].ended) == (100.0, 101.0)
    assert spans["job"].failed
    assert spans["place"].about["dpip.reason"] == "it is the only one"
    assert {span.about["dpip.image_id"] for span in spans.values()} == {image(1)}
    assert {span.service for span in spans.values()} == {f"dpip-component-{number}" for number in range(3)}


def test_a_share_of_the_images_is_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [step for number in range(1, 101) for step in steps(image(number))]
    ratio = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    traces = defaultdict(list)
    for span in sent(monkeypatch, told, **ratio):
        traces[span.trace].append(span)
    assert 10 <= len(traces) <= 40
    assert {len(spans) for spans in traces.values()} == {7}


def test_what_the_client_does_not_take_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(monkeypatch, steps(image(1), UNSAMPLED)) == []


def test_a_download_in_a_trace_of_its_own_points_to_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Step(image(1), "download", 1.0, 2.0, which="a", under=CLIENT), *steps(image(1))]
    spans = {span.name: span for span in sent(monkeypatch, told)}
    download = spans["download"]
    assert (download.trace, download.parent) == tuple(CLIENT.split("-")[1:3])
    assert download.links == ((spans["upload"].trace, spans["upload"].id),)


def test_a_receiver_that_is_away_blocks_nobody_and_is_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{unheard.getsockname()[1]}")
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "512")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        traces = OtlpTraces("test")
        begun = time.monotonic()
        for number in range(1, 301):
            traces.tell(steps(image(number)))
        assert time.monotonic() - begun < 5, "queued or dropped, never waited for"
        traces.close()
        assert time.monotonic() - begun < 10
    told = [one.getMessage() for one in caplog.records if one.name == "telemetry.otlp"]
    assert len(told) <= 1


def test_nothing_is_loaded_where_nobody_asks() -> None:
    code = """
import sys, api.__main__, worker.actor
from dpip.ports import NO_TRACES
from telemetry import open_traces
for environment in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
                    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_SDK_DISABLED": "true"},
                    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_TRACES_EXPORTER": "none"}):
    assert open_traces("api", environment) is NO_TRACES
sys.exit("opentelemetry" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("more", "advice"),
    [({}, "pip install 'dpip[otel]'"), ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "only http/protobuf")],
)
def test_what_cannot_work_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, more: dict[str, str], advice: str
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)  # as where the extra is missing
    monkeypatch.delitem(sys.modules, "telemetry.otlp")
    with caplog.at_level(logging.WARNING):
        assert open_traces("api", {ENDPOINT: "http://localhost:4318", **more}) is NO_TRACES
    assert advice in caplog.text


def test_only_what_is_opentelemetrys_is_handed_on() -> None:
    assert variables({"OTEL_X": "1", "DPIP_USER": "me"}) == {"OTEL_X": "1"}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "garbage",
        CLIENT.replace("0af7", "0AF7"),
        "ff" + CLIENT[2:],
        CLIENT + "-more",
        "00-" + "0" * 32 + CLIENT[35:],
        CLIENT[:36] + "0" * 16 + "-01",
        CLIENT[:-1],
    ],
)
def test_a_traceparent_that_says_nothing_is_no_trace(text: str | None) -> None:
    assert journey.read_traceparent(text) is None


@pytest.mark.parametrize(
    "text", [CLIENT, f" {CLIENT} ", "01" + CLIENT[2:], "cc" + CLIENT[2:] + "-what-is-to-come"]
)
def test_a_traceparent_is_kept_as_this_version_writes_it(text: str) -> None:
    assert journey.read_traceparent(text) == CLIENT
