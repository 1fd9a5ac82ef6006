"""Three listening sockets on three ports in a row."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pynng

from bus.addresses import BusAddress
from bus.frames import MAX_ANNOUNCEMENT_BYTES, MAX_REQUEST_BYTES
from bus.tls import server_tls
from dpip.errors import ConfigError
from dpip.settings import MAX_PORT

_OUTGOING = 1024  # announcements kept for a slow listener; the oldest are dropped
_INCOMING = 1024  # hints kept while this process is busy; then their senders drop them
_TRIES = 100
_NAME_BYTES = 8
LOOK_UP_MS = 60_000  # how often whoever receives looks whether it is time to stop, unless it is `woken`
_WAKE_MS = 1000
_NO_MESSAGE = b"\0"


@dataclass(frozen=True)
class BusSockets:
    """Bound, and listening at `address` and the next two ports."""

    address: BusAddress
    requests: pynng.Rep0
    announcements: pynng.Pub0
    hints: pynng.Pull0
    name: str  # of the way in for this process alone, without TLS

    @property
    def all(self) -> tuple[pynng.Socket, ...]:
        return self.requests, self.announcements, self.hints

    @contextmanager
    def woken(self, answering: int) -> Iterator[None]:
        """Whoever receives gets something that is no message: requests `answering` times, hints once.

        A timeout would do, too, but costs nng most of a millisecond of CPU each time.
        """
        with ExitStack() as stack:
            askers = [stack.enter_context(pynng.Req0(send_timeout=_WAKE_MS)) for _ in range(answering)]
            hinter = stack.enter_context(pynng.Push0(send_timeout=_WAKE_MS))
            for socket in askers:
                socket.dial(f"{self.name}-requests", block=True)
            hinter.dial(f"{self.name}-hints", block=True)
            for socket in (*askers, hinter):
                socket.send(_NO_MESSAGE)
            yield

    def close(self) -> None:
        for socket in self.all:
            socket.close()


def bind(host: str, port: int, join_token: str) -> BusSockets:
    """Listen on `port` and the next two; for port 0, on any three in a row. Raises `ConfigError`."""
    tries = 1 if port else _TRIES
    tls = server_tls(join_token)
    for left in reversed(range(tries)):
        sockets = BusSockets(
            BusAddress(host, port),
            pynng.Rep0(recv_max_size=MAX_REQUEST_BYTES, recv_timeout=LOOK_UP_MS),
            pynng.Pub0(send_buffer_size=_OUTGOING),
            pynng.Pull0(
                recv_buffer_size=_INCOMING, recv_max_size=MAX_ANNOUNCEMENT_BYTES, recv_timeout=LOOK_UP_MS
            ),
            f"inproc://bus-{secrets.token_hex(_NAME_BYTES)}",
        )
        for socket in sockets.all:
            socket.tls_config = tls
        try:
            return _listen(sockets)
        except pynng.AddressInUse:
            sockets.close()
            if not left:
                raise ConfigError(_in_use(sockets.address)) from None
        except pynng.NNGException as error:
            sockets.close()
            raise ConfigError(f"the bus cannot listen on {sockets.address}: {error}") from None
    raise AssertionError("unreachable")


def _listen(sockets: BusSockets) -> BusSockets:
    listener = sockets.requests.listen(sockets.address.requests)
    first = int(str(listener.local_address).rpartition(":")[2])
    if first > MAX_PORT - 2:
        raise pynng.AddressInUse("the ports end here", 0)
    address = BusAddress(sockets.address.host, first)
    sockets.announcements.listen(address.announcements)
    sockets.hints.listen(address.hints)
    sockets.requests.listen(f"{sockets.name}-requests")
    sockets.hints.listen(f"{sockets.name}-hints")
    return replace(sockets, address=address)


def _in_use(address: BusAddress) -> str:
    if not address.port:
        return f"found no three free ports in a row on {address.host}"
    return (
        f"one of the bus's ports {address.port} to {address.port + 2} on {address.host} is in use already; "
        "is another controller running? Choose others with --controller host:port (DPIP_CONTROLLER)"
    )
