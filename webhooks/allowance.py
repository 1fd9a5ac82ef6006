"""Which addresses may be told. A URL comes from a user, and the request from inside the network of who runs
DPIP: what only that network reaches (this machine, the intranet, a cloud's metadata service) is refused,
unless it is allowed by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# https://www.iana.org/assignments/iana-ipv4-special-registry, without what is globally reachable;
# and multicast (RFC 5771).
_SPECIAL_V4 = {
    "this network": "0.0.0.0/8",
    "a private network": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16",
    "shared by customers of a carrier": "100.64.0.0/10",
    "this machine": "127.0.0.0/8",
    "link-local": "169.254.0.0/16",
    "reserved": "192.0.0.0/24 192.88.99.0/24 240.0.0.0/4",
    "for documentation": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24",
    "for benchmarks": "198.18.0.0/15",
    "multicast": "224.0.0.0/4",
}
# Of IPv6 only global unicast (RFC 4291, section 2.4) is let through, without what the registry
# https://www.iana.org/assignments/iana-ipv6-special-registry takes out of it.
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = {
    "this machine": "::1/128",
    "link-local": "fe80::/10",
    "a private network": "fc00::/7 fec0::/10",
    "multicast": "ff00::/8",
    "reserved": "2001::/23",
    "for documentation": "2001:db8::/32 3fff::/20",
    "a tunnel": "2002::/16",
}
# An IPv4 address in the clothes of IPv6: mapped (RFC 4291), and as a translator has it (RFC 6052).
_MAPPED = IPv6Network("::ffff:0:0/96")
_TRANSLATED = IPv6Network("64:ff9b::/96")

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def _networks(told: dict[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(one), what) for what, some in told.items() for one in some.split())


_SPECIAL = {4: _networks(_SPECIAL_V4), 6: _networks(_SPECIAL_V6)}


def is_name(host: str) -> bool:
    """A host's name, in lower case. What ends in a number is an address to some, however it is spelled."""
    return _NAME.fullmatch(host) is not None and not _NUMBER.fullmatch(host.rpartition(".")[2])


def plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for; else the address itself."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def special(address: Address) -> str | None:
    """What this address is, if it is none that everybody reaches: "this machine", "link-local"."""
    address = plain(address)
    for network, what in _SPECIAL[address.version]:
        if address in network:
            return what
    return None if address.version == 4 or address in _GLOBAL_V6 else "reserved"  # noqa: PLR2004 - IPv4


@dataclass(frozen=True, slots=True)
class Allowance:
    """Hosts and networks that may be told although they are no public ones, and without encryption."""

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()

    @staticmethod
    def parse(text: str) -> Allowance:
        """Networks, addresses and host names, parted by commas. Raises `ValueError`."""
        networks: list[Network] = []
        names: set[str] = set()
        for word in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ip_network(word))
            except ValueError as error:
                if not is_name(word):
                    raise ValueError(f"{word!r} is no host, and no network: {error}") from None
                names.add(word)
        return Allowance(tuple(networks), frozenset(names))

    def allows_name(self, host: str) -> bool:
        return host in self.names

    def allows(self, address: Address) -> bool:
        """Named outright, be it public or not."""
        address = plain(address)
        return any(address.version == network.version and address in network for network in self.networks)
