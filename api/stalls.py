"""Ends requests whose body has stopped coming: each holds a thread and a turn that others wait for.

The server reads bodies without a time limit, and does not tell which socket a request came on. So a thread
looks now and then whether a read has been waiting for too long, and then shuts the reading side of those
connections from the same address on which nothing at all has moved for as long, and of which nothing waits to
be read. The reader finds the end of its body, and the client still gets its answer.

Another request from there may be as silent: it waits for its turn, is worked on, or is a download that its
client reads slowly. While there is one, nothing is shut for a minute. Connections without a request end with
the stalled.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
import termios
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

LOOK_S = 1.0
POSTPONED_S = 60.0  # the system itself gives up a download of which nobody reads anything for so long
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_LAST_DATA_SENT, _LAST_DATA_RECEIVED = 44, 52  # where they stand in Linux's struct tcp_info, in milliseconds


class InFlight:
    """A request that is being served; `address` is the other end of its connection."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.moved_at = time.monotonic()  # when bytes of it were last known to come or go
        self.reads_since: float | None = None  # a read that waits for bytes
        self.stalled = False  # a read was ended from here

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

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
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
        """Around each read of a body; `stalled` is true afterwards when one was ended from here."""
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
            time.sleep(min(LOOK_S, self.limit_s))
            with self._lock:
                if all(request.reads_since is None for request in self._requests):
                    self._thread = None
                    return
                late = stalled(self._requests, time.monotonic() - self.limit_s)
                for request in late:
                    request.stalled = True
            if late:
                _shut_silent({request.address for request in late}, self.limit_s)


def _shut_silent(addresses: set[str], limit_s: float) -> None:
    """Connections from these addresses on which nothing has come or gone for so long, and nothing waits."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not paths
        with contextlib.suppress(OSError), _opened(int(name)) as found:
            if found.family not in _INTERNET or found.getpeername()[0] not in addresses:
                continue
            if _silent_s(found) >= limit_s and not _waiting_bytes(found):
                found.shutdown(socket.SHUT_RD)


def _opened(descriptor: int) -> socket.socket:
    """A second descriptor of the same socket. Raises `OSError` for what is none, or is gone."""
    second = os.dup(descriptor)
    try:
        return socket.socket(fileno=second)
    except OSError:
        os.close(second)
        raise


def _silent_s(connection: socket.socket) -> float:
    facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECEIVED + 4)
    sent = struct.unpack_from("I", facts, _LAST_DATA_SENT)[0]
    received = struct.unpack_from("I", facts, _LAST_DATA_RECEIVED)[0]
    return float(min(sent, received)) / 1000


def _waiting_bytes(connection: socket.socket) -> int:
    """What came and was not read yet: a body that waits for its turn."""
    return int(struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0])
