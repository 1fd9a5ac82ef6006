"""Workers fetch originals and deliver results: from the store, and over HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dpip.domain import ClaimedJob, ImageFacts, Making, Needs, Output, QueuedJob, Timings
from dpip.errors import (
    DpipError,
    Fenced,
    Forbidden,
    Malformed,
    MissingBytes,
    NotReady,
    StorageFull,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unprocessable,
    UnsupportedFormat,
)
from dpip.ports import ImageExchange
from storage import MemoryStore
from storage.api_exchange import ApiExchange
from storage.exchange import StoreExchange

FACTS = ImageFacts("jpeg", 4, 3, 6, "00")
TOKEN = "a worker's token"


def claimed(attempt: int = 1) -> ClaimedJob:
    job = QueuedJob(
        id="w1-0000000001",
        workload_id="w1",
        workload_name="holiday",
        owner_id="u1",
        key="holiday/w1-0000000001.jpg",
        facts=FACTS,
        pipeline="grayscale",
        needs=Needs(1.0, 1),
        queued_at=0.0,
    )
    return ClaimedJob(job, "worker-1", attempt, lease_until=1e12)


class Api(ThreadingHTTPServer):
    """Just enough of the API: answers as told, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[tuple[str, str | None, dict[str, bytes]]] = []
        self.broken_connections = 0  # as many of the next requests are cut off in the middle of the answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        self._answer({str(p.get_param("name", header="content-disposition")): p.get_content() for p in parts})

    def _answer(self, form: dict[str, bytes]) -> None:
        self.server.asked.append((f"{self.command} {self.path}", self.headers["Authorization"], form))
        if self.server.broken_connections:
            self.server.broken_connections -= 1
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
            self.close_connection = True
            return
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silence."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def over_http(api: Api) -> Iterator[ApiExchange]:
    exchange = ApiExchange(api.url, TOKEN)
    yield exchange
    exchange.close()


def test_the_store_itself() -> None:
    store = MemoryStore()
    exchange: ImageExchange = StoreExchange(store)
    with pytest.raises(MissingBytes):
        exchange.fetch(claimed())
    store.put("holiday/w1-0000000001.jpg", b"original")
    assert exchange.fetch(claimed()) == b"original"

    first = exchange.deliver(claimed(1), b"first", FACTS)
    second = exchange.deliver(claimed(2), b"second", FACTS)
    assert first == "holiday/w1-0000000001-filtered.jpg"
    assert (store.get(first), store.get(second)) == (b"first", b"second")


def test_a_copy_has_a_key_of_its_own() -> None:
    exchange = StoreExchange(MemoryStore(), extension=lambda _format: ".jpg")
    keys = {
        exchange.deliver(replace(claimed(n), copy=copy), b"x", FACTS)
        for n in (1, 2)
        for copy in (False, True)
    }
    assert keys == {
        "holiday/w1-0000000001-filtered.jpg",
        "holiday/w1-0000000001-filtered.copy.jpg",
        "holiday/w1-0000000001-filtered.2.jpg",
        "holiday/w1-0000000001-filtered.2.copy.jpg",
    }


def test_fetching_over_http(api: Api, over_http: ImageExchange) -> None:
    api.answers = [(200, {"Content-Type": "image/jpeg"}, b"\xff\xd8original")]
    assert over_http.fetch(claimed()) == b"\xff\xd8original"
    assert api.asked == [("GET /images/w1-0000000001", f"Bearer {TOKEN}", {})]


def test_delivering_over_http(api: Api, over_http: ImageExchange) -> None:
    api.answers = [(201, {}, b"{}")]
    data = b"\xff\xd8\r\n--result\x00"
    making, timings = Making("decoded", ("8 bits",), ("dpip 1",)), Timings(0.5, 1.0)
    key = over_http.deliver(claimed(2), data, FACTS, making=making, timings=timings)
    assert key == StoreExchange(MemoryStore()).deliver(claimed(2), data, FACTS)
    ((request, authorization, form),) = api.asked
    assert (request, authorization) == ("POST /images", f"Bearer {TOKEN}")
    assert form.pop("data") == data
    assert json.loads(form.pop("making")) == {"way": "decoded", "notes": ["8 bits"], "codecs": ["dpip 1"]}
    assert json.loads(form.pop("timings")) == asdict(timings)
    texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in form.items()}
    assert texts == {
        "workload_id": "w1",
        "type": "filtered",
        "original_id": "w1-0000000001",
        "attempt": "2",
    }


def test_delivering_several_outputs_over_http(api: Api, over_http: ImageExchange) -> None:
    """All but the last say that more will come; the last one tells of the others."""
    api.answers = [(201, {}, b"{}")] * 2
    exchange = StoreExchange(MemoryStore())
    first = over_http.deliver(claimed(), b"first", FACTS, "large", last=False)
    before = [Output("large", first, FACTS)]
    second = over_http.deliver(claimed(), b"second", FACTS, "small", before)
    assert first == "holiday/w1-0000000001-large.jpg" == exchange.deliver(claimed(), b"", FACTS, "large")
    assert second == "holiday/w1-0000000001-small.jpg" == exchange.deliver(claimed(), b"", FACTS, "small")
    forms = [
        {key: json.loads(text) if key == "others" else text for key, text in form.items()}
        for _, _, form in api.asked
    ]
    told = [{key: form.get(key) for key in ("output", "final", "others")} for form in forms]
    assert told == [
        {"output": "large", "final": "false", "others": None},
        {
            "output": "small",
            "final": None,
            "others": [
                {
                    "name": "large",
                    "key": first,
                    "format": "jpeg",
                    "width": 4,
                    "height": 3,
                    "size_bytes": 6,
                    "sha256": "00",
                }
            ],
        },
    ]


def test_the_key_that_the_api_names_is_believed(api: Api, over_http: ImageExchange) -> None:
    api.answers = [(201, {}, json.dumps({"key": "holiday/elsewhere.jpg"}).encode())]
    assert over_http.deliver(claimed(), b"x", FACTS) == "holiday/elsewhere.jpg"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, NotReady),
        (401, Unauthenticated),
        (403, Forbidden),
        (404, MissingBytes),
        (410, MissingBytes),
        (418, NotReady),
        (429, TooMany),
        (500, NotReady),
        (503, NotReady),
    ],
)
def test_what_fetching_is_refused_with(
    api: Api, over_http: ImageExchange, status: int, kind: type[DpipError]
) -> None:
    api.answers = [(status, {"Location": "/elsewhere"}, b'{"detail": "because"}')]
    with pytest.raises(kind, match=f"answered {status}: because") as caught:
        over_http.fetch(claimed())
    assert type(caught.value) is kind
    assert len(api.asked) == 1  # an answer is an answer: it is not asked again


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Malformed),
        (401, Unauthenticated),
        (404, Fenced),
        (409, Fenced),
        (413, TooLarge),
        (415, UnsupportedFormat),
        (422, Unprocessable),
        (502, NotReady),
        (507, StorageFull),
    ],
)
def test_what_delivering_is_refused_with(
    api: Api, over_http: ImageExchange, status: int, kind: type[DpipError]
) -> None:
    api.answers = [(status, {}, b"<html>not a problem document</html>")]
    with pytest.raises(kind, match=f"POST /images was answered {status}") as caught:
        over_http.deliver(claimed(), b"x", FACTS)
    assert type(caught.value) is kind


@pytest.mark.parametrize(("said", "waits"), [("7", 7.0), ("999999", 60.0), ("", 1.0), ("soon", 1.0)])
def test_when_to_come_back_is_passed_on(api: Api, over_http: ImageExchange, said: str, waits: float) -> None:
    api.answers = [(503, {"Retry-After": said}, b"")]
    with pytest.raises(NotReady) as caught:
        over_http.fetch(claimed())
    assert caught.value.retry_after_s == waits


def test_an_answer_that_breaks_off_is_asked_for_again(api: Api, over_http: ImageExchange) -> None:
    api.broken_connections = 2
    api.answers = [(200, {}, b"whole")]
    assert over_http.fetch(claimed()) == b"whole"
    assert len(api.asked) == 3


def test_answers_that_keep_breaking_off_are_never_taken_for_images(
    api: Api, over_http: ImageExchange
) -> None:
    api.broken_connections = 100
    with pytest.raises(NotReady, match="does not answer"):
        over_http.fetch(claimed())
    assert len(api.asked) == 3


def test_nobody_there_is_not_ready() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        exchange = ApiExchange(f"http://127.0.0.1:{reserved.getsockname()[1]}", TOKEN)
        with pytest.raises(NotReady, match="does not answer"):
            exchange.deliver(claimed(), b"x", FACTS)
        exchange.close()
