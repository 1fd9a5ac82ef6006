"""From a URL to addresses that may be connected to. Nothing is looked up twice: who connects does so to the
very addresses that were judged, so a name that points elsewhere a moment later gains nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from dpip.errors import Malformed, Unprocessable
from webhooks.allowance import Address, Allowance, is_name, special

MAX_URL_CHARS = 2000
ALLOW_SETTING = "DPIP_WEBHOOK_ALLOW"
_PORTS = {"https": 443, "http": 80}
_VISIBLE = re.compile(r"[!-~]+")  # ASCII without space

Resolve: TypeAlias = Callable[[str, int], Sequence[Address]]


class Refused(Unprocessable):
    """An address that may not be told."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook's URL leads. `host` is a name in lower case, or an address."""

    scheme: str
    host: str
    port: int
    path: str  # with its query

    @property
    def address(self) -> Address | None:
        """None: a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def origin(self) -> str:
        """For logs: without the path, which may hold a secret."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def resolve(host: str, port: int) -> Sequence[Address]:
    """By the name service of this machine. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(str(one[4][0]).partition("%")[0]) for one in found))


def parse_target(url: str) -> Target:
    """Raises `Malformed` for what is no URL of a webhook."""
    if not url or len(url) > MAX_URL_CHARS:
        raise Malformed(f"url is needed, of at most {MAX_URL_CHARS:,} characters: https://example.com/dpip")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode("ascii").lower(), parts.port
    except (ValueError, UnicodeError):
        raise Malformed("url cannot be understood; one like https://example.com/dpip is needed") from None
    if parts.scheme not in _PORTS or not host:
        raise Malformed("url must begin with https:// and a host (http:// where an administrator allows)")
    if "@" in parts.netloc:
        raise Malformed("url must hold no user name or password: receivers know us by the signature")
    if parts.fragment or "#" in url or "\\" in url:
        raise Malformed("url must have no fragment and no backslash")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _VISIBLE.fullmatch(path) or url != url.strip() or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise Malformed("url must be percent-encoded: no spaces, and ASCII after the host")
    if port == 0:
        raise Malformed("url must have a port from 1 to 65535")
    return Target(parts.scheme, _host(host), port or _PORTS[parts.scheme], path)


def _host(host: str) -> str:
    """Addresses in their usual spelling only: others (2130706433, 0x7f.1) are there to deceive."""
    try:
        address = ip_address(host)
    except ValueError:
        pass
    else:
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            raise Malformed("url must have no zone (%) in its address")
        return str(address)
    name = host.removesuffix(".")
    if not is_name(name):
        raise Malformed(
            f"{host[:100]!a} is no host: write a name, or an address like 192.0.2.1 or [2001:db8::1]"
        )
    return name


def check_target(target: Target, allowance: Allowance, find: Resolve = resolve) -> tuple[Address, ...]:
    """The addresses of this target that may be connected to, at least one.

    Raises `Refused` when there is none, and `OSError` when the name cannot be resolved.
    """
    named = allowance.allows_name(target.host)
    literal = target.address
    if literal is None and not named and re.fullmatch(r"(.+\.)?localhost", target.host):
        raise Refused(_refusal(target.host, "this machine"))
    found = (literal,) if literal is not None else tuple(find(target.host, target.port))
    fine = tuple(one for one in found if named or allowance.allows(one) or special(one) is None)
    if not fine:
        what = special(found[0]) if found else None
        raise Refused(_refusal(target.host, what or "nowhere"))
    if target.scheme == "http":
        fine = tuple(one for one in fine if named or allowance.allows(one))
        if not fine:
            raise Refused(
                f"{target.host} may be told by https only: on plain http everybody on the way reads and "
                f"changes what is sent. An administrator may allow it by {ALLOW_SETTING}"
            )
    return fine


def _refusal(host: str, what: str) -> str:
    return (
        f"{host} is {what}, where webhooks may not go; an administrator may allow hosts and networks by "
        f"{ALLOW_SETTING}"
    )
