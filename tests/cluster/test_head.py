"""`python -m cluster` as its users meet it: killed, told to stop, started twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bus.seal import derive
from cluster.head import HeadRecord, only_one, read_head, remove_head, wait_for_head, write_head
from cluster.processes import of_node
from dpip.home import Home
from dpip.lifecycle import Stop
from tests.cluster_fixtures import JOIN_TOKEN, RayCluster

UP_WITHIN_S = 60.0
DOWN_WITHIN_S = 20.0

ASK = """
import sys
from ray._raylet import GcsClient
nodes = GcsClient(address=sys.argv[1]).get_all_node_info(timeout=5)
print(*(node.node_manager_address for node in nodes.values()))
"""


Heads = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def start(home: Home) -> Iterator[Heads]:
    started = []

    def begin() -> subprocess.Popen[bytes]:
        environment = os.environ | {"DPIP_HOME": str(home.path), "DPIP_JOIN_TOKEN": JOIN_TOKEN}
        started.append(subprocess.Popen([sys.executable, "-m", "cluster"], env=environment))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(DOWN_WITHIN_S)


def wait_up(home: Home, not_pid: int = 0) -> HeadRecord:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        record = wait_for_head(home, Stop(), UP_WITHIN_S)
        if record is not None and record.pid != not_pid:
            return record
    raise AssertionError("no head came up")


def ask_with(token: str, address: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "asker_token"
    file.write_text(token)
    environment = os.environ | {"RAY_AUTH_TOKEN_PATH": str(file)}
    return subprocess.run(
        [sys.executable, "-c", ASK, address],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.ray
def test_a_head_lets_in_its_own_only_and_leaves_nothing_behind_however_it_ends(
    start: Heads, home: Home, tmp_path: Path
) -> None:
    first = start()
    record = wait_up(home)
    assert record.pid == first.pid
    assert record.node_ip == "127.0.0.1"
    folder = Path(record.temp_dir)
    assert folder.stat().st_mode & 0o077 == 0

    right = ask_with(derive(JOIN_TOKEN, "ray"), record.address, tmp_path)
    assert right.stdout.split() == ["127.0.0.1"], right.stderr
    wrong = ask_with(derive("a guess", "ray"), record.address, tmp_path)
    assert wrong.returncode != 0
    assert "AuthenticationError" in wrong.stderr

    processes = of_node(folder)
    assert len(processes) >= 4
    listening = {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in processes
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}, "Ray listens beyond this machine"

    first.kill()  # nobody is left to clean up: the next one does
    first.wait()
    second = start()
    record = wait_up(home, not_pid=first.pid)
    assert not folder.exists()
    _, left = psutil.wait_procs(processes, timeout=5)
    assert not left
    assert not of_node(folder)

    folder, processes = Path(record.temp_dir), of_node(Path(record.temp_dir))
    second.send_signal(signal.SIGTERM)
    second.send_signal(signal.SIGINT)  # a supervisor and a terminal at the same time
    assert second.wait(DOWN_WITHIN_S) == 0
    assert not folder.exists()
    assert not of_node(folder)
    _, left = psutil.wait_procs(processes, timeout=5)
    assert not left
    assert read_head(home) is None
    assert not home.ray_head.exists()


@pytest.mark.ray
def test_a_head_whose_raylet_ended_in_order_is_dead(home: Home, start: Heads) -> None:
    """The GCS tells one that was too slow for it to go; `ray start` then runs on without it."""
    head = start()
    wait_up(home)
    [raylet] = [one for one in psutil.Process(head.pid).children(recursive=True) if one.name() == "raylet"]
    raylet.terminate()
    assert head.wait(DOWN_WITHIN_S) not in {0, -signal.SIGKILL}
    assert read_head(home) is None


def test_a_record_counts_only_while_somebody_answers(home: Home, ray_cluster: RayCluster) -> None:
    assert read_head(home) is None
    write_head(home, HeadRecord(ray_cluster.address, "127.0.0.1", 1, "/nowhere"))
    record = read_head(home)
    assert record is not None
    assert record.address == ray_cluster.address
    remove_head(home, pid=2)
    assert home.ray_head.exists(), "another process's record was removed"
    remove_head(home, pid=1)
    assert read_head(home) is None


def test_waiting_for_a_head_ends_with_the_time_and_with_a_stop(home: Home) -> None:
    write_head(home, HeadRecord("127.0.0.1:1", "127.0.0.1", 1, "/nowhere"))
    assert wait_for_head(home, Stop(), 0.0) is None
    stop = Stop()
    stop.request("test")
    assert wait_for_head(home, stop) is None


def test_only_one_head_serves_a_home(home: Home) -> None:
    with only_one(home, Stop()) as alone:
        assert alone
        stop = Stop()
        stop.request("test")
        with only_one(home, stop) as second:
            assert not second
    with only_one(home, Stop()) as alone:
        assert alone


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--ray-ip", "0.0.0.0"], "DPIP_RAY_IP"),
        (["--ray-ip", "198.51.100.7", "--allow-plaintext"], "DPIP_RAY_IP"),
        (["--ray-port", "70000"], "--ray-port"),
    ],
)
def test_settings_that_cannot_work_are_told(home: Home, arguments: list[str], advice: str) -> None:
    environment = os.environ | {"DPIP_HOME": str(home.path), "DPIP_JOIN_TOKEN": JOIN_TOKEN}
    done = subprocess.run(
        [sys.executable, "-m", "cluster", *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert advice in done.stderr
    assert "Traceback" not in done.stderr
