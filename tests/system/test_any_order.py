"""The components on their own, in any order: whoever comes first waits for the others."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from benchmarks.corpus import frames
from command.addresses import free_ports
from dpip.settings import EXIT_TRY_LATER
from tests.system.checks import every_original_has_its_result
from tests.system.system import Processes, System


@pytest.fixture
def alone(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


def test_worker_first_then_uploads_then_controller_and_scheduler_last(alone: Processes) -> None:
    address = f"127.0.0.1:{free_ports('127.0.0.1', 3)}"
    try:
        alone.start("worker", "--controller", address, "--worker-name", "early", "--tags", "a,b")
        alone.start("api", "--controller", f"tcp://{address}", "--port", str(free_ports("127.0.0.1", 1)))
        with contextlib.closing(alone.client()) as client:
            workload_id = client.create("patient")
            uploaded = {client.upload(workload_id, one.name, one.data): one.data for one in frames(5)}
            assert client.workload(workload_id)["status"] == "scheduling"
            assert client.workload(workload_id)["running_jobs"] == len(uploaded)
            alone.start("controller", "--controller", address)
            alone.start("scheduler", "--controller", address)  # finds no Ray head, and starts one
            client.wait(workload_id)
            every_original_has_its_result(client, workload_id, uploaded, list(uploaded))
            [worker] = client.ask("GET", "/workers")["workers"]
            assert (worker["name"], worker["tags"], worker["state"]) == ("early", ["a", "b"], "alive")
    finally:
        alone.stop()


def test_a_second_worker_of_the_same_name_is_refused(tmp_path: Path) -> None:
    system = System(tmp_path, workers=1)
    try:
        with contextlib.closing(system.ready()) as client:
            address = system.record("controller")["address"]  # type: ignore[index]
            double = system.start("worker", "--controller", address, "--worker-name", "local-1")
            assert double.wait(60) == EXIT_TRY_LATER
            assert "local-1" in system.log.read_text()
            assert system.alive(client) == 1
    finally:
        system.stop()


def test_jobs_wait_for_the_tags_they_ask_for(tmp_path: Path) -> None:
    system = System(tmp_path, workers=1)
    try:
        with contextlib.closing(system.ready()) as client:
            workload_id = client.create("picky", tags="gpu,fast")
            uploaded = {client.upload(workload_id, one.name, one.data): one.data for one in frames(3)}
            plain = client.create("plain")
            for one in frames(3):
                client.upload(plain, one.name, one.data)
            client.wait(plain)
            waiting = client.workload(workload_id)
            assert waiting["status"] == "scheduling"
            assert waiting["missing_tags"] == ["fast", "gpu"]
            address = system.record("controller")["address"]  # type: ignore[index]
            system.start("worker", "--controller", address, "--worker-name", "tagged", "--tags", "gpu,fast,x")
            client.wait(workload_id)
            every_original_has_its_result(client, workload_id, uploaded, list(uploaded))
            jobs = client.ask("GET", f"/workloads/{workload_id}/jobs")["jobs"]
            assert {job["worker"] for job in jobs} == {"tagged"}
            assert client.workload(workload_id)["missing_tags"] == []
    finally:
        system.stop()


def test_kill_everything_at_once_and_start_again(tmp_path: Path) -> None:
    """The same command, on the same ports."""
    ports = {"port": free_ports("127.0.0.1", 1), "bus": free_ports("127.0.0.1", 3)}
    first = System(tmp_path, workers=1, **ports)
    with contextlib.closing(first.ready()) as client:
        workload_id = client.create("plug pulled")
        uploaded = {client.upload(workload_id, one.name, one.data): one.data for one in frames(40)}
    family = [first.up.pid, *(process.pid for process in first.descendants())]
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    first.up.wait()
    second = System(tmp_path, workers=1, **ports)
    try:
        with contextlib.closing(second.ready()) as client:
            client.wait(workload_id)
            every_original_has_its_result(client, workload_id, uploaded, list(uploaded))
    finally:
        second.stop()
