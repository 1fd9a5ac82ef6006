"""A bus within one process: what tests, and a whole DPIP in one process, use instead of sockets."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable

from bus.listener import OnAnnouncement
from bus.messages import Announcement, Reply, Request, Topic
from dpip.errors import NotReady


class MemoryBus:
    """`handle` answers requests, as the controller does. Announcements are delivered before they return.

    `stop_controller` and `start_controller` are what its clients see of a restart.
    """

    def __init__(self, handle: Callable[[Request], Reply]) -> None:
        self._handle = handle
        self._lock = threading.RLock()
        self._listeners: list[MemoryListener] = []
        self._running = True
        self._boots = itertools.count(1)

    def announce(self, topic: str, body: dict[str, str]) -> None:
        """This is the `Announcer` of every component: what one says, all hear who listen."""
        with self._lock:
            listeners = tuple(self._listeners) if self._running else ()
        for listener in listeners:
            listener.hear(Announcement(topic=topic, body=body))

    def ask(self, message: Request) -> Reply:
        """As `Requester.ask`."""
        if not self._running:
            raise NotReady("the controller does not answer")
        return self._handle(message)

    def listen(
        self, topics: Iterable[str], on_announcement: OnAnnouncement, on_reconnect: Callable[[], None]
    ) -> MemoryListener:
        """As `Listener`."""
        listener = MemoryListener(self, topics, on_announcement, on_reconnect)
        with self._lock:
            self._listeners.append(listener)
            running = self._running
        if running:
            listener.reconnect()
        return listener

    def stop_controller(self) -> None:
        with self._lock:
            self._running = False

    def start_controller(self) -> None:
        with self._lock:
            self._running = True
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener.reconnect()
        self.announce(Topic.CONTROLLER, {"boot": f"boot-{next(self._boots)}"})

    @property
    def running(self) -> bool:
        return self._running

    def forget(self, listener: MemoryListener) -> None:
        with self._lock:
            self._listeners.remove(listener)


class MemoryListener:
    """One component's ear on a `MemoryBus`; its callbacks run in the thread that announces."""

    def __init__(
        self,
        bus: MemoryBus,
        topics: Iterable[str],
        on_announcement: OnAnnouncement,
        on_reconnect: Callable[[], None],
    ) -> None:
        self._bus = bus
        self._topics = tuple(topics)
        self._on_announcement = on_announcement
        self.reconnect = on_reconnect
        self._closed = False

    @property
    def connected(self) -> bool:
        return self._bus.running and not self._closed

    def hear(self, announcement: Announcement) -> None:
        if announcement.topic.startswith(self._topics):
            self._on_announcement(announcement)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._bus.forget(self)
