from __future__ import annotations

import pytest

from bus.addresses import bus_address
from dpip.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("10.0.0.1:4000", ["10.0.0.1:4000", "10.0.0.1:4001", "10.0.0.1:4002"]),
        ("tcp://host:4000", ["host:4000", "host:4001", "host:4002"]),
        ("localhost:4000", ["127.0.0.1:4000", "127.0.0.1:4001", "127.0.0.1:4002"]),
        ("[::1]:4000", ["[::1]:4000", "[::1]:4001", "[::1]:4002"]),
        ("h:65533", ["h:65533", "h:65534", "h:65535"]),
    ],
)
def test_three_ports_from_one_address(text: str, urls: list[str]) -> None:
    address = bus_address(text)
    assert [address.requests, address.announcements, address.hints] == [f"tls+tcp://{url}" for url in urls]
    assert bus_address(str(address)) == address


@pytest.mark.parametrize("text", ["", "host", "host:", "host:x", "host:0", "host:65534", "host:99999"])
def test_what_leaves_no_room_for_three_ports_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        bus_address(text)
