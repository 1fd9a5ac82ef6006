"""Ports: is one free, and which ones are."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import Any

from command.config import UpSettings
from dpip.errors import ConfigError
from dpip.settings import MAX_PORT, parse_address

BUS_PORTS = 3  # the controller's port and the next two
_ATTEMPTS = 100
_Resolved = tuple[socket.AddressFamily, Any]


def with_free_ports(settings: UpSettings) -> UpSettings:
    """The settings with every port 0 replaced by a free one. Raises `ConfigError` for one in use."""
    host, first = parse_address(settings.controller)
    if first:
        for number in range(first, min(first + BUS_PORTS, MAX_PORT + 1)):
            _check(host, number, "the bus", "--controller host:port (it needs that port and the next two)")
    else:
        first = free_ports(host, BUS_PORTS)
    port = settings.port
    if port in range(first, first + BUS_PORTS):
        raise ConfigError(
            f"port {port} is wanted by the API and by the bus ({first} to {first + BUS_PORTS - 1}); "
            "choose another with --port"
        )
    if port:
        _check(settings.host, port, "the API", "--port")
    while not port or port in range(first, first + BUS_PORTS):
        port = free_ports(settings.host, 1)
    shown = f"[{host}]" if ":" in host else host
    return settings.model_copy(update={"controller": f"{shown}:{first}", "port": port})


def free_ports(host: str, count: int) -> int:
    """The first of `count` free ports in a row."""
    for _ in range(_ATTEMPTS):
        with contextlib.ExitStack() as held:
            family, (name, *_) = _resolved(host, 0, "DPIP")[0]
            first = held.enter_context(_bound((family, (name, 0))))
            port = int(first.getsockname()[1])
            try:
                for number in range(port + 1, port + count):
                    held.enter_context(_bound((family, (name, number))))
            except (OSError, OverflowError):
                continue
            return port
    raise ConfigError(f"found no {count} free ports in a row on {host}")


def _check(host: str, port: int, what: str, flag: str) -> None:
    try:
        candidates = _resolved(host, port, what)
        for resolved in candidates:
            try:
                _bound(resolved).close()
            except OSError as error:
                # A machine without IPv6 may well say that localhost is ::1 too.
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT} or len(candidates) == 1:
                    raise
    except PermissionError:
        raise ConfigError(
            f"{what} may not listen on port {port}; choose one above 1023 with {flag}"
        ) from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} on {host} is in use already, and {what} needs it; choose another with {flag}"
            ) from None
        raise ConfigError(f"{what} cannot listen on {host}:{port}: {error.strerror}; see {flag}") from None


def _resolved(host: str, port: int, what: str) -> list[_Resolved]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror:
        raise ConfigError(f"{what} cannot listen on {host!r}: no such host") from None
    return [(family, address) for family, _, _, _, address in found]


def _bound(resolved: _Resolved) -> socket.socket:
    family, address = resolved
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(1)
    except BaseException:
        sock.close()
        raise
    return sock


def reachable(host: str, port: int) -> str:
    """The address as a client on this machine dials it, for a URL."""
    dialled = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"[{dialled}]:{port}" if ":" in dialled else f"{dialled}:{port}"
