"""What every bus does, over sockets and within a process."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from bus.client import Hinter, Listener, Requester
from bus.memory import MemoryBus
from bus.messages import Announcement, Ping, Pong, Rejected, Reply, Request, Topic
from controller.bus import BusServer
from dpip.errors import NotReady
from dpip.lifecycle import Stop
from dpip.ports import Announcer

TOKEN = "the join token"
SOON_S = 10.0


class Ear(Protocol):
    @property
    def connected(self) -> bool: ...
    def close(self) -> None: ...


@dataclass
class System:
    """One bus, and what a component does with it."""

    ask: Callable[[Request], Reply]
    announcer: Announcer
    listen: Callable[[list[str], Callable[[Announcement], None], Callable[[], None]], Ear]
    heartbeat: Callable[[], None]
    stop_controller: Callable[[], None]


def handle(request: Request) -> Reply:
    return Pong(boot="first") if isinstance(request, Ping) else Rejected(reason="not-ready", detail="no")


@pytest.fixture(params=["sockets", "memory"])
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    if request.param == "memory":
        bus = MemoryBus(handle)
        yield System(bus.ask, bus, bus.listen, lambda: None, bus.stop_controller)
        return
    server = BusServer("localhost", 0, TOKEN)
    server.start(handle, lambda hint: server.announce(hint.topic, hint.body), Stop())
    address = str(server.address)
    hinter, requester = Hinter(address, TOKEN), Requester(address, TOKEN, timeout_ms=1000)
    yield System(
        requester.ask,
        hinter,
        lambda topics, on_announcement, on_reconnect: Listener(
            address, TOKEN, topics, on_announcement, on_reconnect
        ),
        lambda: server.announce(Topic.CONTROLLER, {"boot": "first"}),
        server.close,
    )
    requester.close()
    hinter.close()
    server.close()


class Heard:
    """What a listener was told."""

    def __init__(self, system: System, topics: list[str]) -> None:
        self.announcements: queue.Queue[Announcement] = queue.Queue()
        self.reconnects: queue.Queue[bool] = queue.Queue()
        self.ear = system.listen(topics, self.announcements.put, lambda: self.reconnects.put(True))
        while self.reconnects.empty():  # a publisher knows of a subscriber only a moment after the dial
            system.heartbeat()
            try:
                self.reconnects.put(self.reconnects.get(timeout=0.05))
            except queue.Empty:
                continue

    def next(self) -> Announcement:
        return self.announcements.get(timeout=SOON_S)


def test_a_request_is_answered(system: System) -> None:
    assert system.ask(Ping()) == Pong(boot="first")
    assert system.ask(Ping()) == Pong(boot="first")


def test_a_hint_reaches_those_who_listen_to_its_topic(system: System) -> None:
    work, workers = Heard(system, [Topic.WORK]), Heard(system, [Topic.WORKERS, Topic.CANCELLED])
    system.announcer.announce(Topic.WORK, {"workload": "w1"})
    system.announcer.announce(Topic.CANCELLED, {"workload": "w2"})
    assert work.next() == Announcement(topic="work/", body={"workload": "w1"})
    assert workers.next() == Announcement(topic="cancelled/", body={"workload": "w2"})
    assert work.announcements.empty()
    assert workers.announcements.empty()
    assert work.ear.connected
    work.ear.close()
    workers.ear.close()


def test_a_topic_is_not_taken_for_a_longer_one(system: System) -> None:
    heard = Heard(system, [f"{Topic.DRAIN}w1/"])
    system.announcer.announce(f"{Topic.DRAIN}w10/", {})
    system.announcer.announce(f"{Topic.DRAIN}w1/", {})
    assert heard.next().topic == "drain/w1/"
    assert heard.announcements.empty()
    heard.ear.close()


def test_without_a_controller_nothing_is_heard_and_nothing_raises(system: System) -> None:
    heard = Heard(system, [Topic.WORK])
    system.stop_controller()
    for _ in range(500):
        system.announcer.announce(Topic.WORK, {"workload": "w1"})
    with pytest.raises(NotReady, match="does not answer"):
        system.ask(Ping())
    assert heard.announcements.empty()
    heard.ear.close()


def test_closing_a_listener_ends_it(system: System) -> None:
    heard, other = Heard(system, [Topic.WORK]), Heard(system, [Topic.WORK])
    heard.ear.close()
    heard.ear.close()
    system.announcer.announce(Topic.WORK, {})
    other.next()
    assert heard.announcements.empty()
    other.ear.close()
