"""The bus over real sockets, and what strangers on the network can do to it: nothing."""

from __future__ import annotations

import contextlib
import queue
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator

import pynng
import pytest

from bus import listener as listener_module
from bus.client import Hinter, Listener, Requester
from bus.frames import MAX_ANNOUNCEMENT_BYTES, MAX_REQUEST_BYTES, Answering, Asking, Telling, Unworded
from bus.messages import Announcement, Ping, Pong, Rejected, Reply, Request, Subscribe, Topic
from bus.tally import Tally
from controller.bus import BusServer
from dpip.authority import Authority
from dpip.domain import Machine
from dpip.errors import ConfigError, NotReady, Unauthenticated
from dpip.lifecycle import Stop
from tests.bus.wires import dialled
from tests.tap import Tap

TOKEN = "the join token"
SOON_S = 10.0


class Server:
    """A bus server that answers pings and forwards hints."""

    def __init__(self) -> None:
        self.stop = Stop()
        self.hints: queue.Queue[Announcement] = queue.Queue()
        self.pause = threading.Event()
        self.pause.set()
        self.server = BusServer("127.0.0.1", 0, TOKEN)
        self.server.start(self.handle, self.hints.put, self.stop)
        self.address = str(self.server.address)

    def handle(self, request: Request) -> Reply:
        self.pause.wait(SOON_S)
        if isinstance(request, Subscribe):
            raise RuntimeError("a bug")  # noqa: TRY004
        return Pong(boot="b")

    def alive(self) -> bool:
        requester = Requester(self.address, TOKEN)
        try:
            return requester.ask(Ping()) == Pong(boot="b")
        finally:
            requester.close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.pause.set()
    running.server.close()
    assert not running.stop.requested, running.stop.reason
    assert not any(thread._thread.is_alive() for thread in running.server.threads)


def test_three_consecutive_ports(server: Server) -> None:
    address = server.server.address
    assert address.port > 0
    for port in range(address.port, address.port + 3):
        socket.create_connection(("127.0.0.1", port), timeout=SOON_S).close()


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_port_in_use_is_one_clear_line_and_frees_the_others(offset: int) -> None:
    first = BusServer("127.0.0.1", 0, TOKEN)
    port = first.address.port
    first.close()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port + offset))
        taken.listen()
        with pytest.raises(ConfigError, match=f"ports {port} to {port + 2} on 127.0.0.1 is in use") as caught:
            BusServer("127.0.0.1", port, TOKEN)
        assert "\n" not in caught.value.detail
    BusServer("127.0.0.1", port, TOKEN).close()


def test_a_host_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1"):
        BusServer("192.0.2.1", 0, TOKEN)


def test_a_wrong_token_is_refused_and_says_so(server: Server) -> None:
    stranger = Requester(server.address, "another token")
    with pytest.raises(Unauthenticated, match="DPIP_JOIN_TOKEN"):
        stranger.ask(Ping())
    stranger.close()
    assert server.alive()


def test_what_goes_over_it_is_counted_at_both_ends(server: Server) -> None:
    sent, heard, reached = Tally(), Tally(), threading.Event()
    listener = Listener(server.address, TOKEN, ["work/"], lambda _: reached.set(), lambda: None, count=heard)
    hinter = Hinter(server.address, TOKEN, sent)
    assert server.alive()
    hinter.announce(Topic.WORK, {"workload": "w1"})
    assert server.hints.get(timeout=SOON_S).body == {"workload": "w1"}
    while not reached.wait(0.05):
        server.server.announce(Topic.WORK, {"workload": "w1"})
    counted = server.server.tally.counted()
    assert (counted["hint received"], sent.counted()) == (1, {"hint sent": 1})
    assert counted["request received"] == 1, (
        "and the first question, which had no word of this start, is none"
    )
    assert counted["announcement sent"] >= heard.counted()["announcement received"] >= 1
    hinter.close()
    listener.close()


def test_hints_that_find_no_room_are_counted() -> None:
    count = Tally()
    hinter = Hinter("127.0.0.1:9", TOKEN, count)  # nobody is there
    for _ in range(1000):
        hinter.announce(Topic.WORK, {"workload": "w1"})
    hinter.close()
    counted = count.counted()
    assert counted["hint dropped"] > 900
    assert counted["hint sent"] + counted["hint dropped"] == 1000


def test_a_wrong_token_hears_nothing_and_its_hints_are_ignored(server: Server) -> None:
    heard: queue.Queue[Announcement] = queue.Queue()
    reached = threading.Event()
    stranger = Listener(server.address, "another token", ["work/"], heard.put, reached.set)
    friend = Listener(server.address, TOKEN, ["work/"], heard.put, reached.set)
    while not reached.wait(0.05):
        server.server.announce(Topic.CONTROLLER, {"boot": "b"})
    server.server.announce(Topic.WORK, {"workload": "w1"})
    assert heard.get(timeout=SOON_S).body == {"workload": "w1"}
    assert not stranger.connected
    assert heard.empty()
    stranger.close()
    friend.close()

    for token, word in (("another token", "forged"), (TOKEN, "honest")):
        hinter = Hinter(server.address, token)
        hinter.announce(Topic.WORK, {"word": word})
        if token == TOKEN:
            assert server.hints.get(timeout=SOON_S).body == {"word": "honest"}
            assert server.hints.empty()
        hinter.close()


def test_a_replayed_request_is_refused(server: Server) -> None:
    asking = Asking(TOKEN)
    with dialled(pynng.Req0(recv_timeout=5000), server.server.address.requests, TOKEN) as wire:
        frame, nonce = asking.request(Ping())
        wire.send(frame)
        with pytest.raises(Unworded):
            asking.reply(wire.recv(), nonce)
        frame, nonce = asking.request(Ping())
        wire.send(frame)
        assert asking.reply(wire.recv(), nonce) == Pong(boot="b")
        wire.send(frame)
        assert wire.recv() == b"refused: replay"


def test_a_request_recorded_before_the_controller_was_started_anew_is_refused(server: Server) -> None:
    asking, strange = Asking(TOKEN), Answering(TOKEN)
    frame, nonce = asking.request(Ping())
    with pytest.raises(Unworded) as first:
        strange.open(frame)
    with pytest.raises(Unworded):
        asking.reply(strange.refusal(first.value), nonce)
    recorded, nonce = asking.request(Ping())
    assert strange.open(recorded)
    with dialled(pynng.Req0(recv_timeout=5000), server.server.address.requests, TOKEN) as wire:
        wire.send(recorded)
        with pytest.raises(Unworded):
            asking.reply(wire.recv(), nonce)


def test_a_stranger_gets_no_connection_at_all(server: Server) -> None:
    for url in (server.server.address.requests, server.server.address.announcements):
        for wire in (pynng.Req0(), pynng.Sub0()):
            with pytest.raises(pynng.NNGException):
                dialled(wire, url, "another token")
            wire.close()
    context = ssl.create_default_context(cadata=Authority(TOKEN).certificate)
    address = (server.server.address.host, server.server.address.port)
    with (
        socket.create_connection(address) as plain,
        context.wrap_socket(plain, server_hostname="bus.dpip.internal") as certain_of_the_controller,
    ):
        assert not answer(certain_of_the_controller), "it showed no certificate of its own"


def answer(connection: ssl.SSLSocket) -> bytes:
    with contextlib.suppress(OSError):
        connection.sendall(b"hello")
        return connection.recv(1000)
    return b""


def test_nothing_of_what_is_said_can_be_read_on_the_wire(server: Server) -> None:
    with Tap((server.server.address.host, server.server.address.port)) as tap:
        requester = Requester(tap.address, TOKEN)
        message = Subscribe(worker_name="a-name-to-look-for", machine=Machine("h", 1, 1), instance="i")
        assert isinstance(requester.ask(message), Rejected)
        requester.close()
    assert len(tap.seen) > 1000
    assert b"a-name-to-look-for" not in tap.seen
    assert b"gAAAA" not in tap.seen, "not even the seal"


def test_a_replayed_hint_is_heard_once(server: Server) -> None:
    telling = Telling(TOKEN, "hint")
    frame = telling.frame(Topic.WORK, {"n": "1"})
    with dialled(pynng.Push0(), server.server.address.hints, TOKEN) as wire:
        for _ in range(5):
            wire.send(frame)
        wire.send(telling.frame(Topic.WORK, {"n": "2"}))
        assert [server.hints.get(timeout=SOON_S).body["n"] for _ in range(2)] == ["1", "2"]


def test_garbage_and_oversize_frames_harm_nothing(server: Server) -> None:
    address = server.server.address
    with dialled(pynng.Req0(recv_timeout=5000), address.requests, TOKEN) as wire:
        for frame in (b"", b"\0", secrets.token_bytes(1000), b"gAAAAA" * 100, b"{}"):
            wire.send(frame)
            assert wire.recv() == b"refused: token"
        wire.recv_timeout = 300
        wire.send(bytes(MAX_REQUEST_BYTES + 1))
        with pytest.raises(pynng.Timeout):
            wire.recv()
    with dialled(pynng.Push0(send_timeout=1000), address.hints, TOKEN) as wire:
        for frame in (b"", b"work/\0", secrets.token_bytes(1000), bytes(MAX_ANNOUNCEMENT_BYTES + 1)):
            wire.send(frame)
    for port in range(address.port, address.port + 3):  # and clients that speak no nng at all
        for said in (b"", b"GET / HTTP/1.0\r\n\r\n", secrets.token_bytes(4096)):
            with socket.create_connection(("127.0.0.1", port), timeout=SOON_S) as stray:
                stray.sendall(said)
    assert server.alive()


def test_a_client_that_connects_and_says_nothing_holds_up_nobody(server: Server) -> None:
    silent = [
        socket.create_connection(("127.0.0.1", server.server.address.port), timeout=SOON_S) for _ in range(20)
    ]
    assert server.alive()
    for connection in silent:
        connection.close()


def test_a_request_that_trips_the_controller_up_gets_an_answer(server: Server) -> None:
    requester = Requester(server.address, TOKEN)
    reply = requester.ask(Subscribe(worker_name="w", machine=Machine("h", 1, 1), instance="i"))
    assert isinstance(reply, Rejected)
    assert reply.reason == "not-ready"
    requester.close()
    assert server.alive()


def test_a_slow_answer_is_given_up_and_the_next_question_is_answered_rightly(server: Server) -> None:
    requester = Requester(server.address, TOKEN, timeout_ms=200)
    server.pause.clear()
    with pytest.raises(NotReady, match=r"does not answer \(Timeout\)"):
        requester.ask(Ping())
    server.pause.set()
    assert requester.ask(Ping()) == Pong(boot="b")
    requester.close()
    with pytest.raises(NotReady, match="closed"):
        requester.ask(Ping())


def test_one_requester_serves_many_threads(server: Server) -> None:
    requester = Requester(server.address, TOKEN)
    replies: queue.Queue[Reply] = queue.Queue()

    def ask() -> None:
        for _ in range(20):
            replies.put(requester.ask(Ping()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    requester.close()
    assert [replies.get_nowait() for _ in range(160)] == [Pong(boot="b")] * 160


def test_a_hundred_listeners_hear_everything_in_order(server: Server) -> None:
    heard: list[queue.Queue[Announcement]] = [queue.Queue() for _ in range(100)]
    ready = [threading.Event() for _ in heard]
    listeners = [
        Listener(server.address, TOKEN, [Topic.WORK], box.put, event.set)
        for box, event in zip(heard, ready, strict=True)
    ]
    while not all(event.wait(0.01) for event in ready):
        server.server.announce(Topic.CONTROLLER, {"boot": "b"})
    for number in range(10):
        server.server.announce(Topic.WORK, {"n": str(number)})
    for box in heard:
        assert [box.get(timeout=SOON_S).body["n"] for _ in range(10)] == [str(n) for n in range(10)]
    assert all(one.connected for one in listeners)
    for one in listeners:
        one.close()
    assert server.alive()


def test_a_callback_that_fails_does_not_end_the_listening(server: Server) -> None:
    heard: queue.Queue[Announcement] = queue.Queue()
    reached = threading.Event()

    def fail_first(announcement: Announcement) -> None:
        heard.put(announcement)
        if announcement.body["n"] == "1":
            raise RuntimeError("a bug")

    stop = Stop()
    ear = Listener(server.address, TOKEN, [Topic.WORK], fail_first, reached.set, stop=stop)
    while not reached.wait(0.05):
        server.server.announce(Topic.CONTROLLER, {"boot": "b"})
    for number in "12":
        server.server.announce(Topic.WORK, {"n": number})
    assert [heard.get(timeout=SOON_S).body["n"] for _ in range(2)] == ["1", "2"]
    assert not stop.requested
    ear.close()


def test_a_listener_may_be_closed_by_its_own_callback(server: Server) -> None:
    box: queue.Queue[Listener] = queue.Queue()
    closed = threading.Event()

    def close() -> None:
        box.get(timeout=SOON_S).close()
        closed.set()

    ear = Listener(server.address, TOKEN, [Topic.WORK], lambda _: None, close)
    box.put(ear)
    while not closed.wait(0.05):
        server.server.announce(Topic.CONTROLLER, {"boot": "b"})
    ear.close()


def test_a_silent_connection_is_dialled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to a machine that lost its power looks alive for ever, as a listener sends nothing."""
    monkeypatch.setattr(listener_module, "SILENCE_S", 0.3)
    connected = threading.Semaphore(0)
    with BusServer("127.0.0.1", 0, TOKEN)._sockets.announcements as publisher:
        publisher.add_post_pipe_connect_cb(lambda _: connected.release())
        address = str(publisher.listeners[0].local_address)
        host, _, port = address.rpartition(":")
        ear = Listener(f"{host}:{int(port) - 1}", TOKEN, [], lambda _: None, lambda: None)
        for _ in range(3):
            assert connected.acquire(timeout=SOON_S)
        assert not ear.connected
        assert ear.last_heartbeat is None
        ear.close()


def test_a_hinter_never_raises_whatever_it_is_told() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = min(reserved.getsockname()[1], 65000)
        hinter = Hinter(f"127.0.0.1:{port}", TOKEN)
        hinter.announce("work/" + "x" * 100_000, {})
        for _ in range(1000):
            hinter.announce(Topic.WORK, {"workload": "w"})
        hinter.close()
        hinter.announce(Topic.WORK, {})


def test_a_controller_whose_name_does_not_resolve_is_not_ready() -> None:
    requester = Requester("no-such-host.invalid:4000", TOKEN, timeout_ms=500)
    with pytest.raises(NotReady, match=r"no-such-host\.invalid"):
        requester.ask(Ping())
    requester.close()
    ear = Listener("no-such-host.invalid:4000", TOKEN, [], lambda _: None, lambda: None)
    Hinter("no-such-host.invalid:4000", TOKEN).close()
    ear.close()
