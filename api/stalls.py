"""Ends requests whose body has stopped coming: each holds a thread and a turn that others wait for.

The server reads bodies without a time limit, and does not tell which socket a request came on. So a thread
looks now and then whether a read has been waiting for too long, and then shuts the reading side of those
connections from the same address on which nothing at all has moved for as long. The reader finds the end of
its body, and the client still gets its answer. Connections from there that are idle for as long end with it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_S = 1.0
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_LAST_DATA_SENT, _LAST_DATA_RECEIVED = 44, 52  # where they stand in Linux's struct tcp_info, in milliseconds


class Waiting:
    """One read of a request's body."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.since = time.monotonic()
        self.stalled = False


class StallWatch:
    """Use `reading` around each read; its thread begins with the first one."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._lock = threading.Lock()
        self._reads: dict[Waiting, None] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def reading(self, address: str) -> Iterator[Waiting]:
        """`stalled` is true afterwards when the read was ended from here."""
        waiting = Waiting(address)
        with self._lock:
            self._reads[waiting] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="stalls", daemon=True)
                self._thread.start()
        try:
            yield waiting
        finally:
            with self._lock:
                del self._reads[waiting]

    def _watch(self) -> None:
        """Ends when there is nothing left to watch."""
        while True:
            time.sleep(min(LOOK_S, self.limit_s))
            with self._lock:
                if not self._reads:
                    self._thread = None
                    return
                late = [one for one in self._reads if time.monotonic() - one.since > self.limit_s]
                for one in late:
                    one.stalled = True
            if late:
                _shut_silent({one.address for one in late}, self.limit_s)


def _shut_silent(addresses: set[str], limit_s: float) -> None:
    """Connections from these addresses on which nothing has come or gone for so long."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not paths
        with contextlib.suppress(OSError), _opened(int(name)) as found:
            if found.family not in _INTERNET or found.getpeername()[0] not in addresses:
                continue
            if _silent_s(found) >= limit_s:
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
