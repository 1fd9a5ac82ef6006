"""Two hosts for real: the system on one, a worker with its own Ray node on the other, no file shared."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from benchmarks.corpus import frames, photographs
from tests.system.checks import every_original_has_its_result
from tests.system.hosts import hosts, why_not
from tests.system.system import Processes, eventually

NO_NAMESPACES = why_not()


@pytest.mark.netns
@pytest.mark.skipif(NO_NAMESPACES is not None, reason=str(NO_NAMESPACES))
def test_a_worker_on_another_host_gets_and_delivers_images_by_the_api_alone(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with hosts(2) as (first, second):
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
            assert not [path for path in there.rglob("*") if path.suffix in {".png", ".jpg"}]
        finally:
            far.stop()
            system.stop()
