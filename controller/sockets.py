"""Three listening sockets on three ports in a row."""

from __future__ import annotations

from dataclasses import dataclass

import pynng

from bus.addresses import BusAddress
from bus.frames import MAX_ANNOUNCEMENT_BYTES, MAX_REQUEST_BYTES
from bus.tls import server_tls
from dpip.errors import ConfigError
from dpip.settings import MAX_PORT

_OUTGOING = 1024  # announcements kept for a slow listener; the oldest are dropped
_INCOMING = 1024  # hints kept while this process is busy; then their senders drop them
_TRIES = 100
LOOK_UP_MS = 400  # how often whoever receives looks whether it is time to stop


@dataclass(frozen=True)
class BusSockets:
    """Bound, and listening at `address` and the next two ports."""

    address: BusAddress
    requests: pynng.Rep0
    announcements: pynng.Pub0
    hints: pynng.Pull0

    @property
    def all(self) -> tuple[pynng.Socket, ...]:
        return self.requests, self.announcements, self.hints

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
    return BusSockets(address, sockets.requests, sockets.announcements, sockets.hints)


def _in_use(address: BusAddress) -> str:
    if not address.port:
        return f"found no three free ports in a row on {address.host}"
    return (
        f"one of the bus's ports {address.port} to {address.port + 2} on {address.host} is in use already; "
        "is another controller running? Choose others with --controller host:port (DPIP_CONTROLLER)"
    )
