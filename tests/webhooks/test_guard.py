"""Where a webhook may lead: by every way to write an address, and whatever a name is said to be."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from dpip.errors import Malformed
from webhooks import Allowance, check_target, parse_target
from webhooks.allowance import Address
from webhooks.targets import Refused, resolve

NOBODY = Allowance()


def names(**known: str) -> dict[str, tuple[Address, ...]]:
    return {name.replace("_", "."): tuple(map(ip_address, some.split())) for name, some in known.items()}


DNS = names(
    public_example="203.0.114.7 2606:4700::1111",
    inside_example="10.0.0.7",
    both_example="192.168.0.1 203.0.114.9 fd00::1",
    mapped_example="::ffff:127.0.0.1",
    metadata_example="169.254.169.254",
    nowhere_example="",
    hooks_intranet="10.1.2.3",
)


def find(host: str, _port: int) -> Sequence[Address]:
    if host not in DNS:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return DNS[host]


def check(url: str, allowed: str = "") -> list[str]:
    return [str(one) for one in check_target(parse_target(url), Allowance.parse(allowed), find)]


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("https://127.0.0.1/", "this machine"),
        ("https://127.8.9.10:8443/x", "this machine"),
        ("https://0.0.0.0/", "this network"),
        ("https://10.1.2.3/", "a private network"),
        ("https://172.16.0.1/", "a private network"),
        ("https://172.31.255.255/", "a private network"),
        ("https://192.168.1.1/", "a private network"),
        ("https://100.64.0.1/", "shared"),
        ("https://169.254.169.254/latest/meta-data", "link-local"),
        ("https://192.0.0.192/", "reserved"),
        ("https://192.0.2.1/", "documentation"),
        ("https://198.18.0.1/", "benchmarks"),
        ("https://224.0.0.1/", "multicast"),
        ("https://255.255.255.255/", "reserved"),
        ("https://[::]/", "reserved"),
        ("https://[::1]/", "this machine"),
        ("https://[::ffff:127.0.0.1]/", "this machine"),
        ("https://[::ffff:a00:1]/", "a private network"),
        ("https://[::127.0.0.1]/", "reserved"),
        ("https://[64:ff9b::7f00:1]/", "this machine"),
        ("https://[64:ff9b:1::a00:1]/", "reserved"),
        ("https://[2002:7f00:1::]/", "a tunnel"),
        ("https://[2001:0:4136:e378::]/", "reserved"),
        ("https://[fe80::1]/", "link-local"),
        ("https://[fec0::1]/", "a private network"),
        ("https://[fc00::1]/", "a private network"),
        ("https://[fd12:3456::1]/", "a private network"),
        ("https://[ff02::1]/", "multicast"),
        ("https://[2001:db8::1]/", "documentation"),
        ("https://localhost/", "this machine"),
        ("https://LocalHost./", "this machine"),
        ("https://a.b.localhost/", "this machine"),
        ("https://inside.example/", "a private network"),
        ("https://INSIDE.example./", "a private network"),
        ("https://mapped.example/", "this machine"),
        ("https://metadata.example/", "link-local"),
        ("https://nowhere.example/", "nowhere"),
    ],
)
def test_what_is_not_public_is_refused_and_says_what_it_is(url: str, what: str) -> None:
    with pytest.raises(Refused, match=what) as caught:
        check(url)
    assert "DPIP_WEBHOOK_ALLOW" in caught.value.detail


@pytest.mark.parametrize(
    ("url", "allowed", "addresses"),
    [
        ("https://203.0.114.7/", "", ["203.0.114.7"]),
        ("https://[2606:4700::1111]:8443/", "", ["2606:4700::1111"]),
        ("https://[64:ff9b::cb00:7207]/", "", ["64:ff9b::cb00:7207"]),
        ("https://public.example/", "", ["203.0.114.7", "2606:4700::1111"]),
        ("https://both.example/", "", ["203.0.114.9"]),
        ("https://both.example/", "192.168.0.0/16,fd00::/8", ["192.168.0.1", "203.0.114.9", "fd00::1"]),
        ("http://both.example/", "192.168.0.0/16", ["192.168.0.1"]),
        ("http://127.0.0.1:8000/", "127.0.0.1", ["127.0.0.1"]),
        ("https://[::ffff:127.0.0.1]/", "127.0.0.1", ["::ffff:7f00:1"]),
        ("http://hooks.intranet/", "Hooks.Intranet", ["10.1.2.3"]),
        ("http://public.example/", " public.example , 10.0.0.0/8", ["203.0.114.7", "2606:4700::1111"]),
    ],
)
def test_what_is_public_or_allowed_is_let_through(url: str, allowed: str, addresses: list[str]) -> None:
    assert check(url, allowed) == addresses


@pytest.mark.parametrize("allowed", ["", "10.0.0.0/8,other.example", "127.0.0.2"])
def test_http_is_only_for_what_is_allowed(allowed: str) -> None:
    with pytest.raises(Refused, match="https only"):
        check("http://public.example/", allowed)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "https://",
        "https:///path",
        "https://user:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1.5/",
        "https://10.0.0.256/",
        "https://a.0x/",
        "https://\N{FULLWIDTH DIGIT ONE}27.1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        " https://example.com/",
        "https://example.com/\N{SNOWMAN}",
        "https://example.com/#part",
        "https://example.com\\@127.0.0.1/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:x/",
        "https://-example.com/",
        "https://example..com/",
        f"https://{'a' * 64}.com/",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_url_of_a_webhook(url: str) -> None:
    with pytest.raises(Malformed, match=r"url|host"):
        parse_target(url)


def test_a_url_is_taken_apart() -> None:
    target = parse_target("https://B\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.Example:8443/a%20b?c=d")
    assert (target.host, target.port, target.path) == ("xn--bcher-kva.example", 8443, "/a%20b?c=d")
    assert target.origin == "https://xn--bcher-kva.example:8443"
    assert parse_target("http://[2606:4700::1111]").netloc == "[2606:4700::1111]"
    assert parse_target("https://\N{FULLWIDTH DIGIT ONE}27.0.0.1/").host == "127.0.0.1"


@pytest.mark.parametrize(
    "text", ["10.0.0.0/33", "10.0.0.1/8", "127.1", "a b", "2130706433", "http://a.example"]
)
def test_an_allowance_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        Allowance.parse(text)


def test_this_machines_own_names_lead_nowhere() -> None:
    """By the real name service: numbers of any spelling, and what /etc/hosts says."""
    assert ip_address("127.0.0.1") in resolve("localhost", 80)
    with pytest.raises(Refused, match="this machine"):
        check_target(parse_target("https://localhost/"), NOBODY)
