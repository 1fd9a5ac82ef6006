"""Ends requests whose body has stopped coming, or only trickles: each holds a thread and a turn that others
wait for.

The server reads bodies without a time limit, and does not tell which socket a request came on. So a thread
looks now and then whether a read has been waiting for too long, and then shuts the reading side of those
connections from the same address on which nothing at all has moved for as long, and of which nothing waits to
be read. The reader finds the end of its body, and the client still gets its answer.

Another request from there may be as silent: it waits for its turn, is worked on, or is a download that its
client reads slowly. While there is one, nothing is shut for a minute. Connections without a request end with
the stalled. Those that trickle are told by their own bytes; see `api.web.trickles`.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

from api.web.connections import connections
from api.web.trickles import Trickles

LOOK_S = 1.0
SLOW_S = 2.0  # a read that waits for so long is looked at
POSTPONED_S = 60.0  # the system itself gives up a download of which nobody reads anything for so long


class InFlight:
    """A request that is being served; `address` is the other end of its connection."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.moved_at = time.monotonic()  # when bytes of it were last known to come or go
        self.reads_since: float | None = None  # a read that waits for bytes
        self.ended: str | None = None  # why a read was ended from here

    def moved(self) -> None:
        self.moved_at = time.monotonic()


def stalled(requests: Iterable[InFlight], before: float) -> list[InFlight]:
    """Those that wait for bytes since before then, where no other from the same address is as silent; and in
    the end those beside one, too."""
    late, silent = list[InFlight](), set[str]()
    for request in requests:
        if request.reads_since is not None and request.reads_since < before:
            late.append(request)
        elif request.moved_at < before:
            silent.add(request.address)
    return [
        request
        for request in late
        if request.address not in silent or (request.reads_since or before) < before - POSTPONED_S
    ]


class StallWatch:
    """Knows every request; its thread runs while a body is being read."""

    def __init__(self, limit_s: float, least_per_s: float = 0.0) -> None:
        """`least_per_s` bytes are to come each second, on average over as long; 0: any number."""
        self._limit_s = limit_s
        self._trickles = Trickles(least_per_s, limit_s)
        self._lock = threading.Lock()
        self._requests: WeakSet[InFlight] = WeakSet()  # a request that nobody ended is forgotten, too
        self._thread: threading.Thread | None = None

    def begin(self, address: str) -> InFlight:
        request = InFlight(address)
        with self._lock:
            self._requests.add(request)
        return request

    def end(self, request: InFlight) -> None:
        with self._lock:
            self._requests.discard(request)

    @contextmanager
    def reading(self, request: InFlight) -> Iterator[None]:
        """Around each read of a body; `ended` says afterwards why one was ended from here."""
        with self._lock:
            request.reads_since = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="stalls", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                request.reads_since = None
                request.moved()

    def _watch(self) -> None:
        """Ends when there is nothing left to watch."""
        while True:
            time.sleep(min(LOOK_S, self._limit_s))
            now = time.monotonic()
            with self._lock:
                reading = [one for one in self._requests if one.reads_since is not None]
                if not reading:
                    self._thread = None
                    return
                late = stalled(self._requests, now - self._limit_s)
                slow = [one for one in reading if now - (one.reads_since or now) >= SLOW_S]
            if late:
                _tell(late, f"nothing more of the body came for {self._limit_s:g} seconds")
                _shut_silent({request.address for request in late}, self._limit_s)
            if self._trickles.least_per_s:
                self._shut_trickling(slow, now)

    def _shut_trickling(self, slow: list[InFlight], now: float) -> None:
        addresses = {request.address for request in slow}
        peers = self._trickles.look((seen for seen, _ in connections(addresses)), now)
        if not peers:
            return
        least, within_s = self._trickles.least_per_s, self._trickles.within_s
        why = f"fewer than {least:,g} bytes of the body came in each second, for {within_s:g} seconds"
        ended = {address for address, _ in peers}
        _tell([request for request in slow if request.address in ended], why)
        for seen, connection in connections(ended):
            if seen.peer in peers:
                _shut(connection)


def _tell(requests: Iterable[InFlight], why: str) -> None:
    """Before their reads end."""
    for request in requests:
        request.ended = why


def _shut_silent(addresses: set[str], limit_s: float) -> None:
    """Connections from these addresses on which nothing has come or gone for so long, and nothing waits."""
    for seen, connection in connections(addresses):
        if seen.silent_s >= limit_s and not seen.waiting_bytes:
            _shut(connection)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
