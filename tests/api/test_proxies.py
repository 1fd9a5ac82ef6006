"""Whose request it is behind a proxy, and that nobody can pretend to be somebody else."""

from __future__ import annotations

import pytest
from flask import Flask

from api.config import ApiSettings
from api.web.proxies import client, networks
from dpip.settings import load
from tests.api.conftest import Api, another_app

TRUSTED = networks("10.0.0.0/8, 192.168.1.1,2001:db8::/32")


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger says what it likes
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "127.0.0.1, 198.51.100.1", "198.51.100.1"),  # the client wrote the first
        ("10.0.0.5", "127.0.0.1, 198.51.100.1, 192.168.1.1,10.9.9.9", "198.51.100.1"),
        ("::ffff:10.0.0.5", "198.51.100.1:4711", "198.51.100.1"),
        ("2001:db8::1", "[2001:db9::7]:4711", "2001:db9::7"),
        ("10.0.0.5", "198.51.100.1, unknown", "10.0.0.5"),
        ("10.0.0.5", "unknown, 10.0.0.7", "10.0.0.7"),
        ("10.0.0.5", "10.0.0.6, 10.0.0.7", "10.0.0.6"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_right_most_address_that_is_no_trusted_proxys_counts(
    peer: str, forwarded: str, found: str
) -> None:
    assert client(peer, forwarded, TRUSTED) == found
    assert client(peer, forwarded, ()) == peer


def audited(api: Api, app: Flask, peer: str, *forwarded: str) -> str:
    """The address that a wrong password is written down with."""
    headers = [("X-Forwarded-For", one) for one in forwarded]
    answer = app.test_client().post(
        "/login", auth=("alice", "wrong"), headers=headers, environ_overrides={"REMOTE_ADDR": peer}
    )
    assert answer.status_code == 401
    api.parts.journal.flush()
    return str(api.ask("GET", "/audit?action=login-refused", "admin").get_json()["entries"][0]["address"])


def test_a_header_counts_only_where_a_proxy_is_trusted(api: Api) -> None:
    behind = another_app(api.parts, trusted_proxies=TRUSTED)
    assert audited(api, api.app, "203.0.113.9", "198.51.100.1") == "203.0.113.9", "by default"
    assert audited(api, behind, "203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert audited(api, behind, "10.0.0.5", "198.51.100.1") == "198.51.100.1"
    assert audited(api, behind, "10.0.0.5", "203.0.113.1", "198.51.100.2") == "198.51.100.2"


def test_what_is_no_network_is_refused_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(ApiSettings, "test", ["--trusted-proxies", "proxy.example"])
    assert "--trusted-proxies: 'proxy.example'" in capsys.readouterr().err
