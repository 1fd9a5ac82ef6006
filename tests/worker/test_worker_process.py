"""`python -m worker` as a process, with a real bus, a real Ray cluster and a real store."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import ray

from bus.messages import Rejected
from cluster.addresses import free_port
from cluster.names import RAY_NAMESPACE, actor_name
from cluster.node import start_head
from cluster.processes import of_node
from dpip.domain import Success, WorkerState
from dpip.home import Home
from dpip.lifecycle import Stop
from dpip.records import read_record
from dpip.settings import EXIT_TRY_LATER
from storage import FolderStore
from tests.cluster_fixtures import JOIN_TOKEN, LOOPBACK, RayCluster
from tests.worker.desk_clerk import Clerk
from tests.worker.jobs import assert_gray, claimed, picture

pytestmark = pytest.mark.ray

STOPS_WITHIN_S = 30.0
ALIVE, LEFT = WorkerState.ALIVE, WorkerState.LEFT

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def clerk(ray_cluster: RayCluster, tmp_path: Path) -> Iterator[Clerk]:
    made = Clerk(FolderStore(tmp_path / "images"), ray_cluster.address, f"test{secrets.token_hex(4)}")
    yield made
    made.close()


@pytest.fixture
def start(home: Home, tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(controller: str, *arguments: str) -> subprocess.Popen[str]:
        environment = os.environ | {
            "DPIP_HOME": str(home.path),
            "DPIP_JOIN_TOKEN": JOIN_TOKEN,
            "DPIP_CONTROLLER": controller,
        }
        command = [sys.executable, "-m", "worker", "--worker-name", "one", *arguments]
        with (tmp_path / "worker.log").open("a") as log:
            started.append(subprocess.Popen(command, env=environment, stderr=log, text=True))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
    print((tmp_path / "worker.log").read_text())


def record(home: Home) -> dict[str, Any]:
    found = read_record(home.run / "worker-one.json")
    assert found is not None
    return found


def wait_gone(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(STOPS_WITHIN_S)


def run_one(worker_id: str, incarnation: int, store: FolderStore, number: int) -> None:
    """As the scheduler does it."""
    actor = ray.get_actor(actor_name(worker_id, incarnation), namespace=RAY_NAMESPACE)
    job = claimed(store, picture(number), number, worker_id=worker_id)
    stream = actor.run.options(num_returns="streaming").remote([job])
    ((outcome,),) = [ray.get(reference, timeout=30) for reference in stream]
    assert outcome.worker_id == worker_id
    assert isinstance(outcome.result, Success)
    assert_gray(store, outcome.result, picture(number))


def test_a_worker_works_through_trouble_and_leaves_in_order(
    clerk: Clerk, start: Start, home: Home, ray_driver: RayCluster
) -> None:
    """Before its controller is there, and before Ray is known; with a killed actor, a forgetful controller,
    one that was started anew, and one that asks it to leave."""
    port = free_port("127.0.0.1")
    worker = start(f"127.0.0.1:{port}", "--tags", "b,a", "--cores", "2")
    address, clerk.ray_address = clerk.ray_address, None
    clerk.open(port)
    clerk.wait(lambda: len(clerk.subscriptions) > 1, "second question for Ray's address")
    assert not [report for report in clerk.reports if report.state is ALIVE]
    clerk.ray_address = address

    alive = clerk.wait_state(ALIVE)
    said = clerk.subscriptions[0]
    assert (said.worker_name, said.tags, said.machine.cores) == ("one", ("a", "b"), 2)
    assert said.machine.memory_total > alive.load.memory_available > 0
    assert record(home)["worker_id"] == clerk.worker_id
    assert record(home)["pid"] == worker.pid
    run_one(clerk.worker_id, alive.incarnation, clerk.store, 1)

    os.kill(record(home)["actor_pid"], signal.SIGKILL)
    clerk.wait(lambda: clerk.reports[-1].incarnation > alive.incarnation, "new incarnation")
    second = clerk.wait_state(ALIVE, after=len(clerk.reports) - 1)
    run_one(clerk.worker_id, second.incarnation, clerk.store, 2)

    asked = len(clerk.subscriptions)
    clerk.boot = "second"
    clerk.wait(lambda: len(clerk.subscriptions) > asked, "subscription to the new controller")
    assert {said.instance for said in clerk.subscriptions} == {clerk.subscriptions[0].instance}
    run_one(clerk.worker_id, second.incarnation, clerk.store, 3)  # nothing changed: the same actor

    old_actor, clerk.worker_id = record(home)["actor_pid"], clerk.worker_id + "x"
    clerk.wait(lambda: clerk.reports[-1].worker_id == clerk.worker_id, "report under the new id")
    third = clerk.wait_state(ALIVE, after=len(clerk.reports) - 1)
    wait_gone(old_actor)
    clerk.wait(lambda: clerk.reports[-1].incarnation > second.incarnation, "actor under the new id")
    third = clerk.reports[-1]
    run_one(clerk.worker_id, third.incarnation, clerk.store, 4)

    actor_pid = record(home)["actor_pid"]
    clerk.drain = True
    clerk.wait_state(WorkerState.DRAINING)
    clerk.wait_state(LEFT)
    assert worker.wait(STOPS_WITHIN_S) == 0
    wait_gone(actor_pid)
    assert not (home.run / "worker-one.json").exists()


def test_the_first_signal_lets_running_jobs_end(
    clerk: Clerk, start: Start, home: Home, ray_driver: RayCluster
) -> None:
    worker = start(clerk.open(), "--cores", "1")
    alive = clerk.wait_state(ALIVE)
    actor = ray.get_actor(actor_name(clerk.worker_id, alive.incarnation), namespace=RAY_NAMESPACE)
    data = picture(0, 2.0)
    batch = [claimed(clerk.store, data, number) for number in range(1, 9)]
    stream = actor.run.options(num_returns="streaming").remote(batch)
    first = ray.get(next(stream), timeout=30)
    worker.send_signal(signal.SIGTERM)
    rest = [one for reference in stream for one in ray.get(reference, timeout=30)]
    assert all(isinstance(one.result, Success) for one in [*first, *rest])
    assert len(first) + len(rest) == len(batch)
    assert worker.wait(STOPS_WITHIN_S) == 0
    assert clerk.reports[-1].state is LEFT


def test_a_killed_worker_takes_its_actor_along_and_its_successor_gets_in(
    clerk: Clerk, start: Start, home: Home
) -> None:
    """The name stays its own for a while: the successor insists until the dead one is given up."""
    address = clerk.open()
    worker = start(address)
    first = clerk.wait_state(ALIVE)
    actor_pid = record(home)["actor_pid"]
    worker.kill()
    worker.wait()
    wait_gone(actor_pid)

    clerk.rejects = Rejected(reason="name-taken", detail="one is there")
    asked, told = len(clerk.subscriptions), len(clerk.reports)
    successor = start(address)
    clerk.wait(lambda: len(clerk.subscriptions) > asked + 2, "third question for the name")
    clerk.rejects = None
    again = clerk.wait_state(ALIVE, after=told)
    assert again.incarnation > first.incarnation, "the scheduler could take it for the dead one"
    successor.send_signal(signal.SIGINT)
    assert successor.wait(STOPS_WITHIN_S) == 0


def test_a_name_that_stays_taken_is_told_and_may_be_free_later(
    clerk: Clerk, start: Start, tmp_path: Path
) -> None:
    clerk.rejects = Rejected(reason="name-taken", detail="one is there")
    worker = start(clerk.open(), "--name-patience-s", "0.5")
    assert worker.wait(STOPS_WITHIN_S) == EXIT_TRY_LATER, (
        "or `dpip up` would end all, where it is a dead worker's"
    )
    told = (tmp_path / "worker.log").read_text()
    assert "'one' belongs to another running worker" in told
    assert "--worker-name" in told
    assert "Traceback" not in told
    assert told.count("the controller says no") == 1


def test_a_worker_that_waits_for_its_controller_stops_at_once_and_says_why_it_waits(
    start: Start, tmp_path: Path
) -> None:
    worker = start(f"127.0.0.1:{free_port('127.0.0.1')}")
    log = tmp_path / "worker.log"
    deadline = time.monotonic() + 30
    while "waiting for the controller" not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(STOPS_WITHIN_S) == 0
    assert log.read_text().count("waiting for the controller") == 1


def test_a_worker_whose_ray_dies_goes_to_the_next_one_under_its_own_name(
    clerk: Clerk, start: Start, home: Home, ray_driver: RayCluster, tmp_path: Path
) -> None:
    address = clerk.ray_address
    doomed = start_head(
        node_ip=LOOPBACK,
        port=free_port(LOOPBACK),
        shown=ray_driver.shown,
        logs=tmp_path / "doomed",
    )
    try:
        doomed.wait_ready(Stop())
        clerk.ray_address = doomed.address
        worker = start(clerk.open())
        first = clerk.wait_state(ALIVE)
        for process in of_node(doomed.folder):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        asked, told = len(clerk.subscriptions), len(clerk.reports)
        clerk.wait(lambda: len(clerk.subscriptions) > asked + 1, "question for another Ray")
    finally:
        doomed.stop()
    clerk.ray_address = address
    again = clerk.wait_state(ALIVE, after=told)
    clerk.wait(lambda: clerk.reports[-1].incarnation > first.incarnation, "actor in the other Ray")
    again = clerk.reports[-1]
    assert {said.instance for said in clerk.subscriptions} == {clerk.subscriptions[0].instance}
    assert record(home)["pid"] == worker.pid, "a supervisor would have seen it die"
    run_one(clerk.worker_id, again.incarnation, clerk.store, 1)
    worker.terminate()
    assert worker.wait(STOPS_WITHIN_S) == 0
