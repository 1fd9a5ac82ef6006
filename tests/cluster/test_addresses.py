from __future__ import annotations

import socket

import pytest

from cluster.addresses import free_port, is_local, local_ip_towards, reachable, resolve


def test_reachable_is_where_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert reachable(address)
    assert not reachable(address)


@pytest.mark.parametrize("address", ["", "nonsense", "127.0.0.1", "no-such-host.invalid:80"])
def test_what_is_no_address_is_not_reachable(address: str) -> None:
    assert not reachable(address, 0.5)


def test_own_addresses_are_told_from_others() -> None:
    assert is_local("127.0.0.1")
    assert not is_local("198.51.100.7")  # TEST-NET-2: nobody has it


def test_names_are_looked_up_to_ipv4_where_they_have_it() -> None:
    assert resolve("localhost") == "127.0.0.1"


def test_the_way_to_loopback_is_loopback() -> None:
    assert local_ip_towards("localhost") == "127.0.0.1"


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", free_port("127.0.0.1"))):
        pass
