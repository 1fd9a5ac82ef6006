"""Addresses: who listens, which of them are this machine's, and which port is free."""

from __future__ import annotations

import socket

from dpip.settings import parse_address


def reachable(address: str, timeout_s: float = 2.0) -> bool:
    """True when somebody accepts TCP connections at `host:port`."""
    try:
        with socket.create_connection(parse_address(address), timeout_s):
            return True
    except (OSError, ValueError):
        return False


def resolve(host: str) -> str:
    """The IP address of a host, IPv4 where it has one. Raises `OSError` when the name is not known."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return str(found[0][4][0])


def is_local(ip: str) -> bool:
    """True when this machine (or network namespace) has the address."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((ip, 0))
    except OSError:
        return False
    return True


def local_ip_towards(host: str) -> str:
    """The address of this machine that `host` would see. Raises `OSError` when there is no way there."""
    ip = resolve(host)
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:  # connecting a UDP socket sends nothing
        probe.connect((ip, 9))
        return str(probe.getsockname()[0])


def free_port(ip: str) -> int:
    """A port that nobody listens on; somebody may take it before it is used."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((ip, 0))
        return int(probe.getsockname()[1])
