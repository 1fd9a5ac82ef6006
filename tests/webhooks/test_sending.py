"""One message over a real socket: what is followed, waited for, read, and never connected to."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address

import pytest

from dpip.authority import Authority
from dpip.trust import trust
from tests.webhooks.receiver import Came, Receiver, receiving, status
from webhooks import Allowance, Answer, Sender, Undelivered, parse_target
from webhooks.allowance import Address

HERE = Allowance.parse("127.0.0.1")
HEADERS = {"Content-Type": "application/json", "webhook-id": "id-1"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def sender(allowance: Allowance = HERE, timeout_s: float = 5.0, **more: object) -> Sender:
    return Sender(allowance, timeout_s, ssl.create_default_context(), **more)  # type: ignore[arg-type]


def send(url: str, **more: object) -> Answer:
    return sender(**more).send(parse_target(url), HEADERS, b'{"a":1}')  # type: ignore[arg-type]


def test_a_message_arrives_as_it_was_sent(receiver: Receiver) -> None:
    assert send(f"{receiver.url}?x=%20y").taken
    [came] = receiver.came
    assert (came.path, came.body) == ("/hook?x=%20y", b'{"a":1}')
    assert came.headers["webhook-id"] == "id-1"
    assert came.headers["host"] == receiver.url.split("/")[2]


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.usual = status(302, Location=elsewhere.url)
        answer = send(receiver.url)
        assert not answer.taken
        assert "redirects are not followed" in str(answer.reason)
        assert (len(receiver.came), elsewhere.came) == (1, [])


@pytest.mark.parametrize(("given", "seconds"), [("7", 7.0), ("soon", 0.0), ("-1", 0.0), ("9" * 30, 0.0)])
def test_a_receiver_says_when_to_come_again(receiver: Receiver, given: str, seconds: float) -> None:
    receiver.usual = status(503, Retry_After=given)
    assert send(receiver.url) == Answer(503, seconds)


def drip(pieces: Sequence[bytes], pause_s: float, done: threading.Event) -> object:
    def answer(_came: Came, handler: BaseHTTPRequestHandler) -> None:
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            if done.wait(pause_s):
                return

    return answer


@pytest.mark.parametrize("what", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_who_answers_too_slowly_is_left_however_often_something_comes(
    receiver: Receiver, what: bytes
) -> None:
    done = threading.Event()
    receiver.usual = drip([what, *[b"X-More: y\r\n"] * 1000], 0.05, done)  # type: ignore[assignment]
    began = time.monotonic()
    with pytest.raises(Undelivered, match=r"no answer within 0\.3 s|HTTP"):
        send(receiver.url, timeout_s=0.3)
    assert time.monotonic() - began < 3
    done.set()


def test_a_long_body_is_not_read_to_its_end(receiver: Receiver) -> None:
    done = threading.Event()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    receiver.usual = drip([head, *[b"x" * 100_000] * 999], 0.0, done)  # type: ignore[assignment]
    assert send(receiver.url).taken
    receiver.answers = [drip([head, b"x"], 60.0, done)]  # type: ignore[list-item]
    assert send(receiver.url, timeout_s=0.3).taken, "the status was there"
    done.set()


def test_what_speaks_no_http_or_is_not_there(receiver: Receiver) -> None:
    done = threading.Event()
    receiver.usual = drip([b"220 smtp.example ESMTP\r\n"], 0.0, done)  # type: ignore[assignment]
    with pytest.raises(Undelivered, match="speaks no HTTP"):
        send(receiver.url)
    with pytest.raises(Undelivered, match="cannot be reached"):
        send("http://127.0.0.1:1/")
    with pytest.raises(Undelivered, match="cannot be reached"):
        send("https://no-such-name.invalid/")


def test_a_name_that_points_elsewhere_a_moment_later_gains_nothing(receiver: Receiver) -> None:
    """Judged and connected to is the answer to one question; a second one is never asked."""
    asked: list[str] = []

    def turning(host: str, _port: int) -> Sequence[Address]:
        asked.append(host)
        return [ip_address("203.0.113.1" if len(asked) > 1 else "127.0.0.1")]

    url = receiver.url.replace("127.0.0.1", "turning.example")
    assert send(url, find=turning).taken
    assert asked == ["turning.example"]
    with pytest.raises(Undelivered, match="documentation"):
        send(url, find=turning)
    assert len(receiver.came) == 1


def test_a_name_that_resolves_here_is_refused_before_anything_is_connected(receiver: Receiver) -> None:
    url = receiver.url.replace("127.0.0.1", "evil.example").replace("http:", "https:")
    with pytest.raises(Undelivered, match="this machine"):
        send(url, allowance=Allowance(), find=lambda _host, _port: [ip_address("127.0.0.1")])
    assert receiver.came == []


def test_a_certificate_is_checked_against_the_name_of_the_url() -> None:
    authority = Authority("a join token")
    issued = authority.issue(["hooks.example"])
    with receiving(tls=issued) as receiver:
        url = receiver.url.replace("127.0.0.1", "hooks.example")

        def told(trusted: ssl.SSLContext, at: str = url) -> Answer:
            sent = Sender(HERE, 5.0, trusted, find=lambda _host, _port: [ip_address("127.0.0.1")])
            return sent.send(parse_target(at), HEADERS, b"{}")

        assert told(trust(authority.certificate)).taken
        with pytest.raises(Undelivered, match="certificate"):
            told(trust(""))
        with pytest.raises(Undelivered, match="certificate"):
            told(trust(authority.certificate), url.replace("hooks.example", "other.example"))
        assert len(receiver.came) == 1
