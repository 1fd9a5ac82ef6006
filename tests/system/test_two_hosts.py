"""Two hosts for real: the system on one, a worker with its own Ray node on the other, no file shared."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from benchmarks.corpus import frames, photographs
from tests.system.capture import Capture
from tests.system.checks import every_original_has_its_result
from tests.system.doors import open_ports, stranger_is_told
from tests.system.hosts import hosts, why_not
from tests.system.system import PASSWORD, Processes, eventually

NO_NAMESPACES = why_not()


@pytest.mark.netns
@pytest.mark.skipif(NO_NAMESPACES is not None, reason=str(NO_NAMESPACES))
def test_a_worker_on_another_host_works_by_the_api_alone_and_nothing_can_be_read_on_the_wire(
    tmp_path: Path,
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with hosts(2) as (first, second), Capture(first.cable) as wire:
        controller = f"{first.address}:40899"
        system = Processes(here, DPIP_HOST=first.address, DPIP_CONTROLLER=controller)
        system.start("command", "up", "--workers", "0", prefix=first.prefix())
        api = eventually(lambda: system.record("api"), "API")
        assert api["url"].startswith(f"https://{first.address}:")
        token = system.home.join_token.read_text()
        far = Processes(there, DPIP_JOIN_TOKEN=token, DPIP_CONTROLLER=controller)
        try:
            far.start(
                "worker", "--worker-name", "far", "--tags", "elsewhere", prefix=second.prefix(hide=here)
            )
            with contextlib.closing(system.client()) as client:
                workload_id = client.create("over the wire")
                pictures = [*frames(10), *photographs(2, largest=6)]
                uploaded = {client.upload(workload_id, one.name, one.data): one.data for one in pictures}
                client.wait(workload_id, 120)
                every_original_has_its_result(client, workload_id, uploaded, list(uploaded))
                [worker] = client.ask("GET", "/workers")["workers"]
                assert (worker["name"], worker["state"]) == ("far", "alive")
                jobs = client.ask("GET", f"/workloads/{workload_id}/jobs")["jobs"]
                assert {job["worker"] for job in jobs} == {"far"}
                bearer = client.token
            for host in (first, second):
                told = {port: stranger_is_told(host, port) for port in open_ports(host)}
                assert told
                # The one that speaks no TLS is Ray's agent for run-time environments: it wants Ray's token.
                assert set(told.values()) <= {"tls", "401"}, told
                assert list(told.values()).count("401") <= 1
            assert not [path for path in there.rglob("*") if path.suffix in {".png", ".jpg"}]
        finally:
            far.stop()
            system.stop()
    ray_token = (here / "secrets" / "ray_token").read_text()
    assert len(wire.bytes) > 2 * sum(map(len, uploaded.values())), "it was listened to"
    words = [b"over the wire", b"elsewhere", b"grayscale", b"Authorization", b"/images", b"work/", b"gAAAAA"]
    secrets = [PASSWORD, token, ray_token, bearer]
    pixels = [data[len(data) // 2 :][:32] for data in uploaded.values()]
    found = [word for word in (*words, *map(str.encode, secrets), *pixels) if word in wire.bytes]
    assert not found, "readable on the wire"
