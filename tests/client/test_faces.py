"""Both faces against a server that fails as networks do: the same calls, the same outcome."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dpip_client import AsyncClient, Client, Options, Patience
from dpip_client.errors import DpipError, Forbidden, NotFound, Unreachable

OPTIONS = {"patience": Patience(attempts=4, first_s=0.01, longest_s=0.02), "timeout_s": 5.0}


class Moody(ThreadingHTTPServer):
    """Does to each request what `moods` says, in turn: a status, or `break`; then it is fine."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.moods: list[int | str] = []
        self.text = b""  # that is answered, if not JSON
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Moody

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers.items()), body))
        mood = self.server.moods.pop(0) if self.server.moods else 200
        if mood == "break":
            self.close_connection = True
            return
        shown: dict[str, Any] = {"image_id": "w-1", "images": [], "refused": [], "detail": "because"}
        data = self.server.text or json.dumps(shown).encode()
        self.send_response(int(mood))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _any  # noqa: N815 - the base class's names

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Moody]:
    with Moody() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


Call = Callable[..., Any]


def _sync(options: Options, method: str, *arguments: Any) -> Any:
    with Client(options=options) as client:
        return getattr(client, method)(*arguments)


def _async(options: Options, method: str, *arguments: Any) -> Any:
    async def ask() -> Any:
        async with AsyncClient(options=options) as client:
            return await getattr(client, method)(*arguments)

    return asyncio.run(ask())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Call:
    face: Call = request.param
    return face


def test_an_upload_is_sent_until_it_is_answered_always_with_the_same_key(server: Moody, ask: Call) -> None:
    server.moods = [503, "break", 429]
    options = Options(server.url, "secret", **OPTIONS)
    assert ask(options, "upload", "w", ("a.jpg", b"bytes" * 50_000)) == "w-1"
    assert len(server.requests) == 4
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in server.requests}) == 1
    assert {headers["Authorization"] for _, _, headers, _ in server.requests} == {"Bearer secret"}
    assert len({body for *_, body in server.requests}) == 1
    assert server.requests[0][3].count(b"bytes") == 50_000


def test_a_refusal_is_told_and_not_repeated(server: Moody, ask: Call) -> None:
    server.moods = [403]
    with pytest.raises(Forbidden, match="because"):
        ask(Options(server.url, **OPTIONS), "status")
    assert len(server.requests) == 1


def test_ids_cannot_lead_elsewhere(server: Moody, ask: Call) -> None:
    server.moods = [404]
    with pytest.raises(DpipError):
        ask(Options(server.url, **OPTIONS), "workload", "../status?x=1")
    assert server.requests[0][1] == "/workloads/..%2Fstatus%3Fx%3D1"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://127.0.0.1", "nonsense", "http://[::"])
def test_what_cannot_be_reached_says_where(ask: Call, url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        ask(Options(url, **OPTIONS), "status")
    assert url in caught.value.detail


def test_uploads_side_by_side_are_bounded_and_all_told(server: Moody) -> None:
    sources = [(f"{number}.jpg", b"x" * 1_100_000) for number in range(6)]
    with Client(options=Options(server.url, at_once=3, **OPTIONS)) as client:
        told = list(client.upload_many("w", sources, in_order=False))
    assert sorted(sent.source[0] for sent in told) == [name for name, _ in sources]
    assert {sent.image_id for sent in told} == {"w-1"}


async def _gathered(options: Options) -> list[Any]:
    async with AsyncClient(options=options) as client:
        return [told async for told in client.news("w")]


def test_news_are_read_as_they_come_and_no_stream_is_no_news(server: Moody) -> None:
    options = Options(server.url, **OPTIONS)
    server.text = b'retry: 1\n\nevent: workload\ndata: {"status": "running"}\n\n:\n\ndata: nonsense\n\n'
    with Client(options=options) as client:
        assert list(client.news("w")) == [{"status": "running"}]
        server.moods = [429, "break"]
        assert list(client.news("w")) == list(client.news("w")) == []
    assert asyncio.run(_gathered(options)) == [{"status": "running"}]
    assert {path for _, path, *_ in server.requests} == {"/workloads/w/events"}


VIDEO = {
    "video_id": "v1",
    "workload_name": "film",
    "name": "a.mp4",
    "pipeline": "sepia",
    "state": "failed",
    "frames": None,
    "frames_split": 7,
    "frames_joined": 5,
    "video_format": "webm",
    "failure": {"kind": "poisonous", "detail": "frame 6 could not be filtered: no"},
    "notes": ["its sound is encoded anew"],
}


def test_a_video_goes_up_with_what_is_wanted_of_it(server: Moody, ask: Call) -> None:
    server.text = json.dumps(VIDEO).encode()
    server.moods = [503]
    options = Options(server.url, **OPTIONS)
    video = ask(options, "upload_video", ("a.mp4", b"film"), "sepia", "film", ["gpu", "fast"], "webm", "low")
    assert (video.id, video.ended, video.frames, video.frames_split) == ("v1", True, None, 7)
    assert video.failure.kind == "poisonous"
    [first, second] = server.requests
    assert first[:2] == ("POST", "/videos")
    assert first[2]["Idempotency-Key"] == second[2]["Idempotency-Key"]
    for name, value in {
        "filter": b"sepia",
        "workload_name": b"film",
        "tags": b"gpu,fast",
        "video_format": b"webm",
        "video_quality": b"low",
    }.items():
        assert b'name="%s"\r\n\r\n%s\r\n' % (name.encode(), value) in first[3]
    assert b'filename="a.mp4"' in first[3]


def test_what_was_not_asked_for_is_left_to_the_server(server: Moody, ask: Call) -> None:
    server.text = json.dumps(VIDEO).encode()
    ask(Options(server.url, **OPTIONS), "upload_video", ("a.mp4", b"film"))
    [(_, _, _, body)] = server.requests
    assert b"grayscale" in body
    assert not any(name in body for name in (b"video_format", b"video_quality", b"workload_name", b"tags"))


def test_a_video_comes_down_whole_or_not_at_all(server: Moody, ask: Call, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out.mp4"
    server.moods = [404]
    with pytest.raises(NotFound, match="because"):
        ask(Options(server.url, **OPTIONS), "download_video", "v1", target)
    assert not list(tmp_path.rglob("*.mp4*"))
    server.text = b"a film" * 1000
    server.moods = [503]
    assert ask(Options(server.url, **OPTIONS), "download_video", "v1", target, "original") == target
    assert target.read_bytes() == server.text
    assert server.requests[-1][1] == "/videos/v1/file?type=original"
