"""The components' ear on the bus: announcements from the controller, and whether it is there at all."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

import pynng

from bus.addresses import RECONNECT_MAX_MS, RECONNECT_MIN_MS, bus_address
from bus.frames import MAX_ANNOUNCEMENT_BYTES, Hearing
from bus.messages import Announcement, Topic
from bus.tally import Count, uncounted
from bus.tls import client_tls
from bus.wire import receive
from dpip.errors import DpipError
from dpip.lifecycle import Stop, Supervised
from dpip.ports import Clock

HEARTBEAT_S = 2.0  # how often the controller says that it is there
SILENCE_S = 2.5 * HEARTBEAT_S  # so long without a heartbeat: it is away
_BACKLOG = 1024  # announcements kept while a callback is busy; the oldest are dropped
_POLL_MS = int(1000 * SILENCE_S)  # a timeout costs nng more than a message
_JOIN_S = 5.0

OnAnnouncement = Callable[[Announcement], None]
log = logging.getLogger(__name__)


class Listener:
    """Listens to `topics` (byte prefixes that end with a slash) in a thread of its own.

    `on_announcement` and `on_reconnect()` run in that thread and must hand off rather than
    work. `on_reconnect` comes when the controller is heard for the first time, after a silence, or after
    its restart: whatever was announced meanwhile was missed, so look for yourself.
    """

    def __init__(
        self,
        controller: str,
        join_token: str,
        topics: Iterable[str],
        on_announcement: OnAnnouncement,
        on_reconnect: Callable[[], None],
        *,
        stop: Stop | None = None,
        clock: Clock = time.monotonic,
        count: Count = uncounted,
    ) -> None:
        self._count = count
        self._address = bus_address(controller).announcements
        self._tls = client_tls(join_token)
        self._hearing = Hearing(join_token, "announcement")
        self._topics = frozenset(topics)
        self._on_announcement = on_announcement
        self._pulse = Pulse(on_reconnect, clock)
        self._lock = threading.Lock()
        self._closing = False
        self._ident: int | None = None  # the thread's own
        self._socket = self._dial()
        self._thread = Supervised("bus-listener", self._run, stop or Stop()).start()

    @property
    def connected(self) -> bool:
        """True while the controller's heartbeat is heard."""
        return self._pulse.beating

    @property
    def last_heartbeat(self) -> float | None:
        """When the last heartbeat came, by `clock` (default: `time.monotonic`); None before the first."""
        return self._pulse.last

    def close(self) -> None:
        """End the thread; from within a callback, it ends after that."""
        with self._lock:
            self._closing = True
            self._socket.close()
        if threading.get_ident() != self._ident:
            self._thread.join(_JOIN_S)

    def _dial(self) -> pynng.Sub0:
        socket = pynng.Sub0(
            recv_timeout=_POLL_MS,
            recv_buffer_size=_BACKLOG,
            recv_max_size=MAX_ANNOUNCEMENT_BYTES,
            reconnect_time_min=RECONNECT_MIN_MS,
            reconnect_time_max=RECONNECT_MAX_MS,
        )
        for topic in self._topics | {Topic.CONTROLLER.value}:  # before dialling, or the first are missed
            socket.subscribe(topic)
        socket.tls_config = self._tls
        socket.dial(self._address, block=False)
        return socket

    def _run(self) -> None:
        self._ident = threading.get_ident()
        dialled = time.monotonic()
        while True:
            try:
                self._hear(receive(self._socket))
            except pynng.Timeout:
                # A connection to a machine that vanished looks alive for ever: nothing is sent on it.
                if not self.connected and time.monotonic() - dialled > SILENCE_S:
                    self._dial_anew()
                    dialled = time.monotonic()
            except pynng.Closed:
                return

    def _dial_anew(self) -> None:
        with self._lock:
            if not self._closing:
                self._socket.close()
                self._socket = self._dial()

    def _hear(self, frame: bytes) -> None:
        try:
            announcement = self._hearing.announcement(frame)
        except DpipError as error:
            self._count("announcement", "refused")
            log.debug("announcement refused: %s", error)
            return
        self._count("announcement", "received")
        if announcement.topic == Topic.CONTROLLER:
            self._guard(lambda: self._pulse.beat(announcement.body.get("boot", "")))
        if announcement.topic.startswith(tuple(self._topics)):
            self._guard(lambda: self._on_announcement(announcement))

    @staticmethod
    def _guard(callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:  # a hint is not worth a component
            log.exception("a callback of the bus failed")


class Pulse:
    """Tells from heartbeats whether the controller is there, and when it came back."""

    def __init__(self, on_reconnect: Callable[[], None], clock: Clock) -> None:
        self._on_reconnect = on_reconnect
        self._clock = clock
        self._boot: str | None = None
        self.last: float | None = None

    @property
    def beating(self) -> bool:
        return self.last is not None and self._clock() - self.last < SILENCE_S

    def beat(self, boot: str) -> None:
        back = not self.beating or boot != self._boot
        self._boot, self.last = boot, self._clock()
        if back:
            self._on_reconnect()
