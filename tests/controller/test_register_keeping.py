"""Subscribing, reporting, getting lost and coming back: service and monitor over a real datastore."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bus.messages import (
    Announcement,
    Noted,
    Ping,
    Pong,
    Rejected,
    ReportLoad,
    Subscribe,
    Subscribed,
    Topic,
)
from controller.monitor import Monitor, changes
from controller.reports import ReportBuffer
from controller.service import Service, Terms
from datastore import Datastore
from dpip.domain import Gpu, Load, Machine, Role, Scope, WorkerState
from dpip.errors import DpipError, NotReady
from dpip.lifecycle import Stop, Supervised
from dpip.ports import Report
from storage import FolderStore, MemoryStore, SharedFolder, shared_folder
from tests.controller.fakes import Announcements, FakeClock

INTERVAL_S = 2.0
LOST_AFTER_S = 6.0
MACHINE = Machine("host-1", 4, 8 << 30, (Gpu(0, "a GPU", 16 << 30),))
LOAD = Load(25.0, 4 << 30, 2, (Gpu(0, "a GPU", 16 << 30, 1 << 30, 50.0),))


class Controller:
    """Service and monitor, as `__main__` wires them."""

    def __init__(self, datastore: Datastore, clock: FakeClock, announcements: Announcements) -> None:
        self.datastore = datastore
        self.clock = clock
        self.announcements = announcements
        self.shared: SharedFolder | None = None
        self.instances = dict[str, str]()  # that subscribed last, by worker
        self.boot()

    def boot(self, word: str = "boot-1") -> None:
        """Start anew, over the same datastore."""
        self.reports = ReportBuffer(max_workers=3)
        self.service = Service(
            register=self.datastore.register,
            tokens=self.datastore.tokens,
            leadership=self.datastore.leadership,
            endpoints=self.datastore.endpoints,
            reports=self.reports,
            shared_folder=lambda: self.shared,
            announcer=self.announcements,
            terms=Terms(word, INTERVAL_S, worker_token_s=1000.0),
            clock=self.clock,
        )
        self.monitor = Monitor(
            self.datastore.register,
            self.reports,
            self.announcements,
            interval_s=INTERVAL_S,
            lost_after_s=LOST_AFTER_S,
            clock=self.clock,
        )

    def subscribe(self, name: str = "w1", instance: str = "i1", **changed: Any) -> Subscribed | Rejected:
        message = Subscribe(worker_name=name, tags=("gpu",), machine=MACHINE, instance=instance)
        reply = self.service.handle(message.model_copy(update=changed))
        assert isinstance(reply, Subscribed | Rejected)
        if isinstance(reply, Subscribed):
            self.instances[reply.worker_id] = instance
        return reply

    def subscribed(self, name: str = "w1", instance: str = "i1") -> Subscribed:
        reply = self.subscribe(name, instance)
        assert isinstance(reply, Subscribed), reply
        return reply

    def report(
        self, worker: str, as_state: WorkerState = WorkerState.ALIVE, **changed: Any
    ) -> Noted | Rejected:
        instance = self.instances.get(worker, "")
        message = ReportLoad(worker_id=worker, instance=instance, state=as_state, incarnation=1, load=LOAD)
        reply = self.service.handle(message.model_copy(update=changed))
        assert isinstance(reply, Noted | Rejected)
        return reply

    def pass_time(self, seconds: float) -> None:
        """Time passes, and the monitor runs once in each interval of it."""
        for _ in range(round(seconds / INTERVAL_S)):
            self.clock.advance(INTERVAL_S)
            self.monitor.tick()

    def state(self, worker_id: str) -> WorkerState:
        return {worker.id: worker.state for worker in self.datastore.register.workers(gone_since=0.0)}[
            worker_id
        ]


@pytest.fixture
def controller(datastore: Datastore, clock: FakeClock, announcements: Announcements) -> Controller:
    return Controller(datastore, clock, announcements)


def test_a_ping_is_answered_with_the_boot_word(controller: Controller) -> None:
    assert controller.service.handle(Ping()) == Pong(boot="boot-1")


def test_subscribing_tells_all_that_a_worker_needs(controller: Controller, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "images")
    controller.shared = shared_folder(store)
    epoch = controller.datastore.leadership.take("scheduler", controller.clock(), controller.clock() + 60)
    assert epoch is not None
    controller.datastore.leadership.announce_ray(epoch, "10.0.0.1:6379")
    controller.datastore.endpoints.announce_api("http://10.0.0.1:8080", controller.clock())

    told = controller.subscribed()
    assert told.boot == "boot-1"
    assert told.report_interval_s == INTERVAL_S
    assert told.ray_address == "10.0.0.1:6379"
    assert told.api_url == "http://10.0.0.1:8080"
    assert (told.image_folder, told.image_folder_mark) == (str(store.root), store.mark())
    (worker,) = controller.datastore.register.workers()
    assert (worker.id, worker.name, worker.tags, worker.machine) == (told.worker_id, "w1", ("gpu",), MACHINE)
    assert worker.state is WorkerState.JOINING


def test_what_is_not_known_yet_is_said_to_be_unknown(controller: Controller) -> None:
    controller.shared = shared_folder(MemoryStore())
    told = controller.subscribed()
    assert (told.ray_address, told.api_url, told.image_folder, told.image_folder_mark) == (None,) * 4


def test_the_token_allows_a_workers_work_and_dies_with_the_next(controller: Controller) -> None:
    def caller(token: str) -> Any:
        hashed = hashlib.sha256(token.encode()).hexdigest()
        return controller.datastore.tokens.find_caller(hashed, controller.clock())

    first = controller.subscribed()
    found = caller(first.image_token)
    assert (found.scopes, found.worker_id) == ({Scope.WORKER}, first.worker_id)
    assert found.role is not Role.ADMIN
    second = controller.subscribed()
    assert second.worker_id == first.worker_id
    assert caller(first.image_token) is None
    assert caller(second.image_token) is not None
    controller.clock.advance(1001)
    assert caller(second.image_token) is None


def test_a_token_is_renewed_at_half_of_its_life(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    controller.clock.advance(499)
    assert isinstance(controller.report(worker), Noted)
    controller.clock.advance(2)
    reply = controller.report(worker)
    assert isinstance(reply, Rejected)
    assert reply.reason == "unknown-worker"
    assert controller.subscribed().worker_id == worker
    assert isinstance(controller.report(worker), Noted)


def test_a_name_that_another_instance_holds_is_refused(controller: Controller) -> None:
    controller.subscribed(instance="i1")
    reply = controller.subscribe(instance="i2")
    assert isinstance(reply, Rejected)
    assert reply.reason == "name-taken"
    assert "w1" in reply.detail
    assert isinstance(controller.subscribe("w2", "i2"), Subscribed)


@pytest.mark.parametrize(
    "changed",
    [
        {"worker_name": ""},
        {"worker_name": "../w1"},
        {"tags": ("gpu", "no spaces")},
        {"tags": tuple(f"t{n}" for n in range(65))},
        {"instance": ""},
        {"instance": "x" * 65},
        {"machine": replace(MACHINE, cores=0)},
        {"machine": replace(MACHINE, memory_total=2**70)},
        {"machine": replace(MACHINE, host="h" * 256)},
        {"machine": replace(MACHINE, gpus=MACHINE.gpus * 65)},
        {"machine": replace(MACHINE, gpus=(Gpu(0, "x", 2**64),))},
    ],
)
def test_a_subscription_out_of_range_is_malformed(controller: Controller, changed: dict[str, Any]) -> None:
    reply = controller.subscribe(**changed)
    assert isinstance(reply, Rejected)
    assert reply.reason == "malformed"
    assert controller.datastore.register.workers() == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"worker_id": ""},
        {"worker_id": "x" * 65},
        {"state": WorkerState.LOST},
        {"incarnation": -1},
        {"incarnation": 2**40},
        {"load": replace(LOAD, cpu_percent=math.nan)},
        {"load": replace(LOAD, memory_available=2**70)},
        {"load": replace(LOAD, memory_available=-1)},
        {"load": replace(LOAD, running_jobs=-1)},
        {"load": replace(LOAD, gpus=(Gpu(0, "x", 1, 1, math.inf),))},
    ],
)
def test_one_workers_nonsense_does_not_spoil_the_others_reports(
    controller: Controller, changed: dict[str, Any]
) -> None:
    good, bad = controller.subscribed("w1", "i1"), controller.subscribed("w2", "i2")
    assert isinstance(controller.report(good.worker_id), Noted)
    reply = controller.report(bad.worker_id, **changed)
    assert isinstance(reply, Rejected)
    assert reply.reason == "malformed"
    controller.monitor.tick()
    assert controller.state(good.worker_id) is WorkerState.ALIVE
    assert controller.state(bad.worker_id) is WorkerState.JOINING


def test_reports_reach_the_register_and_leave_samples(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    controller.report(worker, load=replace(LOAD, cpu_percent=133.0))
    assert controller.datastore.register.workers()[0].load is None  # it waits for the next transaction
    controller.monitor.tick()
    (known,) = controller.datastore.register.workers()
    assert known.state is WorkerState.ALIVE
    assert known.incarnation == 1
    assert known.load == replace(LOAD, cpu_percent=100.0)
    (sample,) = controller.datastore.register.samples(worker, 0.0)
    assert (sample.cpu_percent, sample.running_jobs) == (100.0, 2.0)


def test_changes_of_state_are_announced_once(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    controller.monitor.tick()
    assert controller.announcements.take() == [(Topic.WORKERS, {"worker": worker, "state": "joining"})]
    controller.report(worker)
    controller.monitor.tick()
    assert controller.announcements.take() == [(Topic.WORKERS, {"worker": worker, "state": "alive"})]
    controller.report(worker)
    controller.monitor.tick()
    assert controller.announcements.take() == []
    controller.report(worker, WorkerState.LEFT)
    controller.monitor.tick()
    assert controller.announcements.take() == [(Topic.WORKERS, {"worker": worker, "state": "left"})]


def test_a_worker_is_lost_after_three_silent_intervals_and_may_come_back(controller: Controller) -> None:
    silent, talking = controller.subscribed("w1", "i1"), controller.subscribed("w2", "i2")
    for _ in range(10):
        controller.report(silent.worker_id)
        controller.report(talking.worker_id)
        controller.pass_time(INTERVAL_S)
    controller.announcements.take()

    controller.report(talking.worker_id)
    controller.pass_time(INTERVAL_S)  # the second interval since its last report
    assert controller.state(silent.worker_id) is WorkerState.ALIVE
    controller.report(talking.worker_id)
    controller.pass_time(INTERVAL_S)
    assert controller.state(silent.worker_id) is WorkerState.LOST
    assert controller.state(talking.worker_id) is WorkerState.ALIVE
    lost = [(Topic.WORKERS, {"worker": silent.worker_id, "state": "lost"})]
    assert controller.announcements.take() == lost

    assert isinstance(controller.report(silent.worker_id), Noted)
    controller.monitor.tick()
    assert controller.state(silent.worker_id) is WorkerState.ALIVE
    assert controller.announcements.take() == [
        (Topic.WORKERS, {"worker": silent.worker_id, "state": "alive"})
    ]


def test_nobody_is_lost_because_the_controller_was_away(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    controller.report(worker)
    controller.monitor.tick()
    controller.clock.advance(3600)  # nobody ran a controller
    controller.boot("boot-2")
    controller.pass_time(2 * INTERVAL_S)
    assert controller.state(worker) is WorkerState.ALIVE
    reply = controller.report(worker)
    if isinstance(reply, Rejected):  # its token was old
        assert controller.subscribed().worker_id == worker
        reply = controller.report(worker)
    assert reply == Noted(boot="boot-2")
    controller.pass_time(2 * INTERVAL_S)
    assert controller.state(worker) is WorkerState.ALIVE
    controller.pass_time(2 * INTERVAL_S)
    assert controller.state(worker) is WorkerState.LOST


def test_nobody_is_lost_because_the_controller_was_stopped_for_a_while(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    controller.pass_time(10 * INTERVAL_S)
    controller.report(worker)
    controller.monitor.tick()
    controller.clock.advance(600)  # SIGSTOP, or a laptop's lid
    controller.pass_time(INTERVAL_S)
    assert controller.state(worker) is WorkerState.ALIVE


def test_a_process_whose_successor_has_its_name_is_not_taken_for_it(controller: Controller) -> None:
    """It was stopped, given up as lost, and goes on."""
    worker = controller.subscribed(instance="first").worker_id
    controller.report(worker, instance="first", incarnation=7)
    controller.pass_time(10 * INTERVAL_S)
    assert controller.subscribed(instance="second").worker_id == worker
    assert isinstance(controller.report(worker, instance="second"), Noted)
    for state in (WorkerState.ALIVE, WorkerState.LEFT):
        reply = controller.report(worker, state, instance="first", incarnation=7)
        assert isinstance(reply, Rejected)
        assert (reply.reason, reply.detail[:7]) == ("unknown-worker", "another")
    controller.monitor.tick()
    [kept] = controller.datastore.register.workers()
    assert (kept.state, kept.incarnation) == (WorkerState.ALIVE, 1)
    refused = controller.subscribe(instance="first")
    assert isinstance(refused, Rejected)
    assert refused.reason == "name-taken"


def test_unknown_workers_are_told_to_subscribe(controller: Controller) -> None:
    reply = controller.report("nobody")
    assert isinstance(reply, Rejected)
    assert reply.reason == "unknown-worker"


def test_a_worker_that_the_datastore_forgot_is_told_to_subscribe(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    controller.reports.refuse([worker])
    reply = controller.report(worker)
    assert isinstance(reply, Rejected)
    assert reply.reason == "unknown-worker"
    assert controller.subscribed().worker_id == worker
    assert isinstance(controller.report(worker), Noted)


def test_a_worker_that_was_lost_before_a_restart_subscribes_again(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    controller.pass_time(10 * INTERVAL_S)
    assert controller.state(worker) is WorkerState.LOST
    controller.boot("boot-2")
    assert isinstance(controller.report(worker), Rejected)
    assert controller.subscribed(instance="i2").worker_id == worker
    assert controller.report(worker) == Noted(boot="boot-2")


def test_a_drain_is_announced_and_noted_until_the_worker_has_left(controller: Controller) -> None:
    worker, other = controller.subscribed("w1", "i1").worker_id, controller.subscribed("w2", "i2").worker_id
    hint = Announcement(topic=f"{Topic.DRAIN}{worker}/", body={"by": "admin"})
    controller.service.on_hint(hint)
    assert controller.announcements.take() == [(hint.topic, hint.body)]
    assert controller.report(worker) == Noted(boot="boot-1", drain=True)
    assert controller.report(other) == Noted(boot="boot-1", drain=False)
    assert controller.report(worker, WorkerState.DRAINING) == Noted(boot="boot-1", drain=True)
    controller.report(worker, WorkerState.LEFT)
    controller.monitor.tick()
    controller.subscribed("w1", "i3")
    assert controller.report(worker) == Noted(boot="boot-1", drain=False)


@pytest.mark.parametrize("topic", [Topic.WORK, Topic.CANCELLED])
def test_hints_are_announced(controller: Controller, topic: Topic) -> None:
    controller.service.on_hint(Announcement(topic=topic, body={"workload": "w"}))
    assert controller.announcements.take() == [(topic, {"workload": "w"})]


@pytest.mark.parametrize("topic", [Topic.CONTROLLER, Topic.WORKERS, "workload", "", "else/"])
def test_what_only_the_controller_says_is_not_taken_as_a_hint(controller: Controller, topic: str) -> None:
    controller.service.on_hint(Announcement(topic=topic, body={"boot": "forged"}))
    assert controller.announcements.take() == []


class BrokenRegister:
    """A register whose datastore is away for some calls."""

    def __init__(self, register: Any, failures: int) -> None:
        self._register = register
        self.failures = failures

    def record(self, reports: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise NotReady("the datastore is away")
        return self._register.record(reports)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._register, name)


def test_reports_wait_for_the_datastore_and_nobody_is_lost_meanwhile(controller: Controller) -> None:
    worker = controller.subscribed().worker_id
    register = BrokenRegister(controller.datastore.register, failures=8)
    controller.monitor._register = register
    controller.report(worker)
    controller.pass_time(8 * INTERVAL_S)
    assert register.failures == 0
    assert controller.state(worker) is WorkerState.JOINING
    controller.pass_time(INTERVAL_S)
    assert controller.state(worker) is WorkerState.ALIVE


def test_a_datastore_that_is_away_is_said_to_be(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise NotReady("the datastore is away")

    monkeypatch.setattr(controller.datastore.register, "join", away)
    reply = controller.subscribe()
    assert reply == Rejected(reason="not-ready", detail="the datastore is away")

    def broken(*_: object) -> None:
        raise DpipError("damaged")

    monkeypatch.setattr(controller.datastore.register, "join", broken)
    assert controller.subscribe() == Rejected(reason="not-ready", detail="damaged")


def test_the_report_buffer_is_bounded_and_keeps_the_newest() -> None:
    buffer = ReportBuffer(max_workers=2)

    def report(worker: str, at: float) -> Report:
        return Report(worker, WorkerState.ALIVE, 1, LOAD, at)

    assert buffer.add(report("a", 1))
    assert buffer.add(report("b", 1))
    assert not buffer.add(report("c", 1))
    assert buffer.add(report("a", 2))
    taken = buffer.take()
    assert {(one.worker_id, one.at) for one in taken} == {("a", 2), ("b", 1)}
    assert buffer.take() == ()
    assert buffer.add(report("a", 3))
    buffer.give_back(taken)
    assert {(one.worker_id, one.at) for one in buffer.take()} == {("a", 3), ("b", 1)}


def test_only_a_change_of_state_or_incarnation_is_news() -> None:
    buffer = ReportBuffer()
    alive = Report("a", WorkerState.ALIVE, 1, LOAD, 1.0)
    buffer.add(alive)
    assert buffer.wait(0)
    assert not buffer.wait(0)
    buffer.add(replace(alive, at=2.0, load=replace(LOAD, cpu_percent=99.0)))
    assert not buffer.wait(0)
    buffer.add(replace(alive, at=3.0, incarnation=2))
    assert buffer.wait(0)
    buffer.add(replace(alive, at=4.0, incarnation=2, state=WorkerState.DRAINING))
    assert buffer.wait(0)


def test_the_monitor_acts_on_news_at_once_and_stops_at_once(controller: Controller) -> None:
    stop = Stop()
    controller.monitor._interval_s = 600.0
    thread = Supervised("monitor", lambda: controller.monitor.run(stop), stop).start()
    controller.subscribed()
    while not controller.announcements.made:
        assert not stop.wait(0.01)
    stop.request("test")
    controller.reports.wake()
    assert thread.join(10)
    assert thread.failed is None


def test_changes_are_what_is_new_or_different() -> None:
    alive, lost = WorkerState.ALIVE, WorkerState.LOST
    assert changes({}, {"a": alive}) == {"a": alive}
    assert changes({"a": alive, "b": alive, "c": lost}, {"a": alive, "b": lost}) == {"b": lost}
