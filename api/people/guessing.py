"""How long somebody who guesses passwords must wait: a pure decision over what went wrong before.

Wrong passwords are counted by name and address together, by address, and by name. The first two make whoever
guesses wait longer and longer, and nobody else: a right password from an address that did not fail gets in
at once, whatever others do. When very many addresses guess at one name, each of them is allowed two guesses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from dpip.ports import LoginFailures
from dpip.settings import is_loopback

WINDOW_S = 15 * 60.0  # what is older is forgotten
FREE = 5  # wrong passwords for a name from an address without any wait
ADDRESS_FREE = 20  # for all names together
LONGEST_WAIT_S = 60.0
NAME_ATTACKED = 50  # wrong passwords for a name from everywhere; from then on
FREE_WHEN_ATTACKED = 2  # are free, and who needs more waits until the window is over
_NAME_CHARS = 100  # as many as a name has; strangers do not fill the datastore with longer ones
_IPV6_NETWORK_BITS = 64  # what one customer gets: they are one address here
_NONE = LoginFailures(0, 0.0)


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who tries to log in, as keys that failures are counted by. HTTP Basic allows no colon in a name."""

    name: str
    pair: str
    address: str | None  # None for loopback: behind a proxy it is everybody

    @property
    def keys(self) -> list[str]:
        return [key for key in (self.name, self.pair, self.address) if key is not None]


def name_key(name: str) -> str:
    return f"user:{name[:_NAME_CHARS]}"


def guesser(name: str, address: str | None) -> Guesser:
    """`address` is the client's, None where there is none."""
    network = network_of(address) if address else ""
    counted = f"address:{network}" if address and not is_loopback(address) else None
    return Guesser(name_key(name), f"{name_key(name)}:{network}", counted)


def with_pending(
    failures: Mapping[str, LoginFailures], pending: Mapping[str, int], now: float
) -> Mapping[str, LoginFailures]:
    """Who guessed wrong before guesses one by one: what is being checked counts as wrong until it is known.
    `pending`: how many checks are under way, by key."""
    return {
        key: LoginFailures(one.count + pending[key], now) if pending.get(key) else one
        for key, one in failures.items()
    }


def wait_s(who: Guesser, failures: Mapping[str, LoginFailures], now: float) -> float:
    """Seconds until the next try is allowed; 0 or less: now. `failures` are those within `WINDOW_S`."""
    pair = failures.get(who.pair, _NONE)
    until = pair.last_at + _rising(pair.count, FREE)
    if failures.get(who.name, _NONE).count >= NAME_ATTACKED and pair.count >= FREE_WHEN_ATTACKED:
        until = pair.last_at + WINDOW_S
    if who.address is not None:
        address = failures.get(who.address, _NONE)
        until = max(until, address.last_at + _rising(address.count, ADDRESS_FREE))
    return until - now


def _rising(count: int, free: int) -> float:
    """1 s after the last free one, then twice as long each time."""
    return 0.0 if count < free else min(2.0 ** min(count - free, 30), LONGEST_WAIT_S)


def network_of(address: str) -> str:
    """What counts as one address: it itself, or an IPv6 network of one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
    return str(parsed)
