"""`python -m controller` for real: started, killed, started again, while its clients live on."""

from __future__ import annotations

import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bus.client import Hinter, Listener, Requester
from bus.messages import Announcement, Noted, Ping, Pong, ReportLoad, Subscribe, Subscribed, Topic
from datastore import open_datastore
from dpip.domain import Action, AuditEntry, Load, Machine, WorkerState
from dpip.errors import NotReady, Unauthenticated
from dpip.ports import AuditFilter
from dpip.settings import parse_address
from storage import FolderStore, shares
from tests.controller.process import UP_WITHIN_S, ControllerProcess

MACHINE = Machine("host-1", 2, 4 << 30)
LOAD = Load(10.0, 2 << 30, 0)


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path, report_interval_s="0.5")
    yield process
    process.kill()


def subscribe(requester: Requester, name: str = "w1") -> Subscribed:
    reply = requester.ask(Subscribe(worker_name=name, machine=MACHINE, instance="i"))
    assert isinstance(reply, Subscribed), reply
    return reply


def report(requester: Requester, worker_id: str) -> Noted:
    told = ReportLoad(worker_id=worker_id, instance="i", state=WorkerState.ALIVE, incarnation=1, load=LOAD)
    reply = requester.ask(told)
    assert isinstance(reply, Noted), reply
    return reply


def test_old_audit_entries_are_forgotten(controller: ControllerProcess) -> None:
    with open_datastore(controller.home.database_url) as datastore:
        old, new = (
            AuditEntry(at, Action.LOGIN, "ann", None) for at in (time.time() - 91 * 86400, time.time())
        )
        datastore.audit.add([old, new])
        controller.start()
        until = time.monotonic() + UP_WITHIN_S
        while len(left := datastore.audit.entries(AuditFilter()).items) > 1 and time.monotonic() < until:
            time.sleep(0.01)
        assert [entry.at for entry in left] == [new.at]
    assert controller.stop() == 0


def test_it_says_where_it_listens_and_leaves_nothing_behind(controller: ControllerProcess) -> None:
    controller.start()
    host, port = parse_address(controller.controller)
    for number in range(port, port + 3):
        socket.create_connection((host, number), timeout=UP_WITHIN_S).close()
    assert controller.record.stat().st_mode & 0o077 == 0
    assert controller.home.join_token.stat().st_mode & 0o077 == 0
    assert controller.stop() == 0
    assert not controller.record.exists()
    assert "stopping reason=SIGTERM" in controller.log.read_text()


def test_clients_live_through_kill_and_restart(controller: ControllerProcess) -> None:
    controller.start()
    token, address = controller.join_token, controller.controller
    heard: queue.Queue[Announcement] = queue.Queue()
    back: queue.Queue[bool] = queue.Queue()
    listener = Listener(address, token, [Topic.WORK, Topic.WORKERS], heard.put, lambda: back.put(True))
    hinter, requester = Hinter(address, token), Requester(address, token, timeout_ms=1000)
    try:
        back.get(timeout=UP_WITHIN_S)
        told = subscribe(requester)
        assert shares(told.image_folder or "", told.image_folder_mark or "")
        store = FolderStore(controller.home.images)
        assert told.image_folder_mark == store.mark()
        report(requester, told.worker_id)
        assert heard.get(timeout=UP_WITHIN_S).body["worker"] == told.worker_id
        hinter.announce(Topic.WORK, {"workload": "before"})

        controller.kill()
        with pytest.raises(NotReady, match="is it running"):
            requester.ask(Ping())
        hinter.announce(Topic.WORK, {"workload": "lost, perhaps"})
        controller.start()
        assert controller.controller == address

        back.get(timeout=UP_WITHIN_S)
        pong = requester.ask(Ping())
        assert isinstance(pong, Pong)
        assert pong.boot != told.boot
        assert report(requester, told.worker_id).boot == pong.boot
        assert listener.connected
        while heard.get(timeout=UP_WITHIN_S).body.get("workload") != "after":
            hinter.announce(Topic.WORK, {"workload": "after"})
    finally:
        listener.close()
        hinter.close()
        requester.close()
    with open_datastore(controller.home.database_url) as datastore:
        assert [worker.id for worker in datastore.register.workers(gone_since=0.0)] == [told.worker_id]


def test_clients_may_come_before_the_controller(controller: ControllerProcess) -> None:
    controller.start()  # to learn of three free ports, and to have a token
    controller.stop()
    back = threading.Event()
    listener = Listener(controller.controller, controller.join_token, [], lambda _: None, back.set)
    requester = Requester(controller.controller, controller.join_token, timeout_ms=200)
    with pytest.raises(NotReady):
        requester.ask(Ping())
    assert not listener.connected
    controller.start()
    assert back.wait(UP_WITHIN_S)
    assert isinstance(requester.ask(Ping()), Pong)
    listener.close()
    requester.close()


def test_a_silent_worker_is_lost_and_comes_back(controller: ControllerProcess) -> None:
    controller.start()
    heard: queue.Queue[Announcement] = queue.Queue()
    back = threading.Event()
    listener = Listener(controller.controller, controller.join_token, [Topic.WORKERS], heard.put, back.set)
    requester = Requester(controller.controller, controller.join_token)
    assert back.wait(UP_WITHIN_S)

    def states_until(last: str) -> list[str]:
        states = [heard.get(timeout=UP_WITHIN_S).body["state"]]
        while states[-1] != last:
            states.append(heard.get(timeout=UP_WITHIN_S).body["state"])
        return states

    worker = subscribe(requester).worker_id
    states_until("joining")
    report(requester, worker)
    states_until("alive")
    states_until("lost")
    report(requester, worker)
    assert states_until("alive") == ["alive"]
    listener.close()
    requester.close()


def test_a_wrong_join_token_is_refused(controller: ControllerProcess) -> None:
    controller.start()
    stranger = Requester(controller.controller, "guess")
    with pytest.raises(Unauthenticated, match="DPIP_JOIN_TOKEN"):
        stranger.ask(Ping())
    stranger.close()
    assert "guess" not in controller.log.read_text()
    assert controller.join_token not in controller.log.read_text()


def test_a_second_controller_on_the_same_port_says_so_and_harms_nothing(
    controller: ControllerProcess,
) -> None:
    controller.start()
    second = controller.launch(subprocess.PIPE)
    _, said = second.communicate(timeout=UP_WITHIN_S)
    assert second.returncode == 2
    (line,) = said.decode().splitlines()
    assert line.startswith("python -m controller: one of the bus's ports")
    requester = Requester(controller.controller, controller.join_token)
    assert isinstance(requester.ask(Ping()), Pong)
    requester.close()
    assert controller.record.exists()


def test_a_second_signal_ends_a_start_that_waits_for_its_datastore(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # nobody listens there
        url = f"postgresql://nobody@127.0.0.1:{reserved.getsockname()[1]}/dpip"
        controller = ControllerProcess(tmp_path, database_url=url)
        process = controller.launch(subprocess.PIPE)
        assert process.stderr is not None
        with process, process.stderr as log:
            assert b"waiting for the datastore" in log.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=UP_WITHIN_S) in {0, 130}
        assert not controller.record.exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image_store": "s3://bucket/x"}, "a file URL"),
        ({"database_url": "nonsense"}, "python -m controller:"),
        ({"report_interval_s": "0"}, "DPIP_REPORT_INTERVAL_S"),
        ({"controller": "localhost"}, "host:port"),
    ],
)
def test_settings_that_cannot_work_are_named(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    controller = ControllerProcess(tmp_path, **settings)
    controller.controller = settings.get("controller", controller.controller)
    process = controller.launch(subprocess.PIPE)
    _, error = process.communicate(timeout=UP_WITHIN_S)
    assert process.returncode == 2
    assert said in error.decode()
    assert "Traceback" not in error.decode()
    assert not controller.record.exists()
