"""The listening socket: bound by us, so that the port is ours alone and its number is known."""

from __future__ import annotations

import errno
import socket

import psutil

from dpip.errors import ConfigError
from dpip.settings import is_loopback

BACKLOG = 512
# A client whose machine vanished would hold its thread for ever: it is found out within a minute.
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}


class PortTaken(ConfigError):
    """Another process listens there; it may be about to stop."""


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to `host`:`port` (0 picks a free port), not listening yet.

    What it sets on connections is inherited by those that are accepted. Raises `PortTaken` and
    `ConfigError`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror:
        raise ConfigError(f"the API cannot listen on {host!r}: no such host") from None
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        sock.bind(address)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} on {host} is in use by another program; choose another with --port"
            ) from None
        raise ConfigError(f"the API cannot listen on {host}:{port}: {error.strerror}") from None
    return sock


def listen(sock: socket.socket) -> None:
    """Accept connections from now on."""
    sock.listen(BACKLOG)
    sock.setblocking(False)


def url(scheme: str, sock: socket.socket) -> str:
    """How a client on this machine reaches the socket."""
    host, port = sock.getsockname()[:2]
    dialled = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{dialled}]:{port}" if ":" in dialled else f"{scheme}://{dialled}:{port}"


def is_wildcard(sock: socket.socket) -> bool:
    """True when it takes connections on every address of this machine."""
    return sock.getsockname()[0] in {"0.0.0.0", "::"}


def outward_url(scheme: str, sock: socket.socket) -> str:
    """How other machines reach it: where it listens everywhere, by the address that leads outwards."""
    address = _outward_address() if is_wildcard(sock) else None
    if address is None:
        return url(scheme, sock)
    return f"{scheme}://{address}:{sock.getsockname()[1]}"


def _outward_address() -> str | None:
    """That of the default route; without one, that of any interface but loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: only the route is looked up
            return str(probe.getsockname()[0])
        except OSError:
            pass
    addresses = (
        address.address
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family == socket.AF_INET and not is_loopback(address.address)
    )
    return next(addresses, None)
