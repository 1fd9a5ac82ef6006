"""The three ports of the bus, from the one address that users know."""

from __future__ import annotations

from dataclasses import dataclass

from dpip.errors import ConfigError
from dpip.settings import MAX_PORT, parse_address

RECONNECT_MIN_MS = 50  # how soon a lost connection is dialled again, at first ...
RECONNECT_MAX_MS = 1000  # ... and after many times


@dataclass(frozen=True, slots=True)
class BusAddress:
    """The controller's host and first port P: requests on P, announcements on P + 1, hints on P + 2."""

    host: str
    port: int

    @property
    def requests(self) -> str:
        return self._url(0)

    @property
    def announcements(self) -> str:
        return self._url(1)

    @property
    def hints(self) -> str:
        return self._url(2)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def dialled_host(self) -> str:
        """The name may stand for ::1 at one end and for 127.0.0.1 at the other."""
        return "127.0.0.1" if self.host == "localhost" else self.host

    def _url(self, offset: int) -> str:
        return f"tls+tcp://{BusAddress(self.dialled_host, self.port + offset)}"


def bus_address(controller: str) -> BusAddress:
    """Parse `host:port`; raises `ConfigError` where that leaves no room for three ports."""
    try:
        host, port = parse_address(controller)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if not 0 < port <= MAX_PORT - 2:
        raise ConfigError(
            f"the controller's port {port} is out of range: 1 to {MAX_PORT - 2}, as the next two are used too"
        )
    return BusAddress(host, port)
