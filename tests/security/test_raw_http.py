"""Requests as no library sends them, to the real server: what could be read in two ways is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.api.processes import ApiProcess, running

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")

HIDDEN = "GET /health/live HTTP/1.1\r\nHost: hidden\r\nConnection: close\r\n\r\n"
START = "POST /workloads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    with running(tmp_path_factory.mktemp("home")) as process:
        yield process


@pytest.fixture(scope="module")
def token(api: ApiProcess) -> str:
    return api.login()


def statuses(api: ApiProcess, sent: str) -> list[int]:
    """Of all answers that come until the server closes the connection."""
    with api.connect() as connection:
        connection.sendall(sent.encode("latin-1"))
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    lines = received.split(b"\r\n")
    return [int(line.split()[1]) for line in lines if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        f"Transfer-Encoding: chunked\r\nContent-Length: {5 + len(HIDDEN)}",
        "Content-Length: 5\r\nContent-Length: 0",
        "Content-Length: 0, 0",
        "Content-Length: +0",
        "Content-Length: 0x0",
        "Content-Length: \xb2",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding : chunked",
        "X: a\r\n folded",
        "X: a\x00b",
    ],
)
def test_no_second_request_is_smuggled_in(api: ApiProcess, token: str, headers: str) -> None:
    sent = f"{START.format(token=token)}{headers}\r\n\r\n0\r\n\r\n{HIDDEN}"
    assert statuses(api, sent) == [400], "one answer, and the connection is closed"


def test_two_keys_are_not_taken_for_one(api: ApiProcess, token: str) -> None:
    """The server joins headers of the same name by a comma before anybody can count them."""
    keys = "Idempotency-Key: one\r\nIdempotency-Key: two\r\n"
    sent = f"{START.format(token=token)}{keys}Content-Length: 0\r\nConnection: close\r\n\r\n"
    assert statuses(api, sent) == [400]


def test_headers_have_an_end(api: ApiProcess) -> None:
    assert statuses(api, f"GET / HTTP/1.1\r\nHost: a\r\nX: {'y' * 1_000_000}\r\n\r\n") == [431]
    many = "".join(f"X{number}: y\r\n" for number in range(5000))
    assert statuses(api, f"GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n") == [431]


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "PUT", "PROPFIND"])
def test_methods_that_nobody_offers(api: ApiProcess, method: str) -> None:
    assert statuses(api, f"{method} /status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") == [405]


@pytest.mark.parametrize("path", ["//workloads", "/workloads//x", "//evil.example/%2f.."])
def test_no_path_leads_to_the_host_that_was_named(api: ApiProcess, path: str) -> None:
    assert statuses(api, f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")[0] in {
        401,
        404,
    }


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "Host: \r\n",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nhost: a\r\n",
        "Host: a b\r\n",
        "Host: a/b@c\r\n",
        "Host: a,b\r\n",
        "Host: \xff\r\n",
        "Host: a:b\r\n",
        "Host: [::1\r\n",
    ],
)
def test_a_request_names_one_host(api: ApiProcess, headers: str) -> None:
    for path in ("/health/live", "/nowhere"):
        assert statuses(api, f"GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n") == [400]


@pytest.mark.parametrize("host", ["a", "dpip_api.internal:8080", "[::1]:8080", "127.0.0.1", "a:"])
def test_hosts_by_name_and_address(api: ApiProcess, host: str) -> None:
    sent = f"GET /health/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert statuses(api, sent) == [200]


def test_before_http_1_1_there_was_no_host(api: ApiProcess) -> None:
    with api.connect() as connection:
        connection.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.0 200")
