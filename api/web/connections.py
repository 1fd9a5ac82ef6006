"""The connections of this process, as the kernel knows them: the server does not tell of any."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import stat
import struct
import termios
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_INTERNET = (socket.AF_INET, socket.AF_INET6)
# Where they stand in Linux's struct tcp_info: two of milliseconds, and one of bytes.
_LAST_DATA_SENT, _LAST_DATA_RECEIVED, _BYTES_RECEIVED = 44, 52, 128


@dataclass(frozen=True, slots=True)
class Seen:
    """A connection at the time of a look; `peer` is the other end, with its port."""

    peer: tuple[str, int]
    sent_before_s: float  # since data were sent last
    received_before_s: float  # since data came last
    received_bytes: int  # ever
    waiting_bytes: int  # that came and were not read yet: a body that waits for its turn

    @property
    def silent_s(self) -> float:
        return min(self.sent_before_s, self.received_before_s)


def connections(addresses: Collection[str]) -> Iterator[tuple[Seen, socket.socket]]:
    """Those from these addresses, each with a descriptor of its own that is closed before the next comes."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not paths
        with contextlib.suppress(OSError), _opened(int(name)) as found:
            if found.family in _INTERNET:
                peer = found.getpeername()[:2]
                if peer[0] in addresses:
                    yield _seen(found, peer), found


def _opened(descriptor: int) -> socket.socket:
    """A second descriptor of the same socket. Raises `OSError` for what is none, or is gone.

    Of a file none is made: to close it would drop this process's locks on it, SQLite's too.
    """
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
    second = os.dup(descriptor)
    try:
        return socket.socket(fileno=second)
    except OSError:
        os.close(second)
        raise


def _seen(connection: socket.socket, peer: tuple[str, int]) -> Seen:
    facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED + 8)
    sent = struct.unpack_from("I", facts, _LAST_DATA_SENT)[0]
    received = struct.unpack_from("I", facts, _LAST_DATA_RECEIVED)[0]
    came = struct.unpack_from("Q", facts, _BYTES_RECEIVED)[0]
    waiting = struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0]
    return Seen(peer, sent / 1000, received / 1000, came, waiting)
