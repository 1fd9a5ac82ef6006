"""Whose request it is when it comes through a proxy that may be believed: its word is `X-Forwarded-For`.

Each proxy adds the address that it was asked from at the right end; what stands left of the last one that is
not a trusted proxy, anybody may have written.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PEER = "dpip.peer"  # in the WSGI environment: the other end of the connection itself
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas. Raises `ValueError` for what is none."""
    return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())


def client(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address nearest to us that is no trusted proxy's; `forwarded` is the header."""
    found = peer
    for hop in reversed(forwarded.split(",")):
        address = _address(found)
        if address is None or not any(address in network for network in trusted):
            break
        said = _address(hop)
        if said is None:
            break
        found = str(said)
    return found


def _address(text: str) -> _Address | None:
    """Also with a port, and in brackets. An IPv4 address in an IPv6 one is the former."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


class TrustedProxies:
    """WSGI middleware: REMOTE_ADDR becomes the client's address, and the connection's stands beside it."""

    def __init__(self, app: WSGIApplication, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ[PEER] = str(environ.get("REMOTE_ADDR") or "")
        if self._trusted:
            forwarded = str(environ.get("HTTP_X_FORWARDED_FOR") or "")
            environ["REMOTE_ADDR"] = client(peer, forwarded, self._trusted)
        return self._app(environ, start_response)
