"""`dpip video` against a server that plays a script: what is asked, shown, kept and said at the end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from command import film_watching
from command.exits import DONE, SOME_FAILED, USAGE, Ended
from command.fetching import download_workload
from command.film import FilmOrder, filter_video
from command.film_showing import Pace, clock
from command.looking import show_workload, watch_workload
from dpip_client import Video

SHOWN: dict[str, Any] = {
    "video_id": "v1",
    "workload_name": "film",
    "name": "a.mp4",
    "pipeline": "sepia",
    "state": "waiting",
    "frames": 100,
    "frames_split": 0,
    "frames_joined": 0,
    "video_format": "mp4",
    "failure": None,
    "notes": [],
}
RUNNING = SHOWN | {"state": "running", "frames_split": 60, "frames_joined": 40}
DONE_VIDEO = SHOWN | {"state": "done", "frames_joined": 100, "notes": ["no subtitles"]}
FAILED_VIDEO = SHOWN | {
    "state": "failed",
    "failure": {"kind": "unreadable", "detail": "frame 41 could not be filtered: no"},
}


WORKLOAD = {
    "workload_id": "v1",
    "workload_name": "film",
    "filter": "sepia",
    "status": "running",
    "filtered_images": [],
    "total": 20,
    "done": 3,
}


class Scripted(ThreadingHTTPServer):
    """Shows the video in one state after the other; the last one stays."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.states: list[dict[str, Any]] = []
        self.refusal: tuple[int, str] | None = None
        self.keys: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        if self.server.refusal is not None:
            status, detail = self.server.refusal
            self._answer(status, json.dumps({"detail": detail}).encode())
        else:
            self._answer(201, json.dumps(SHOWN).encode())

    def do_GET(self) -> None:
        if "/file" in self.path:
            self._answer(200, b"a new film")
            return
        if self.path.startswith("/workloads"):
            self._answer(200, json.dumps(WORKLOAD | {"video": self.server.states[0]["state"]}).encode())
            return
        states = self.server.states
        self._answer(200, json.dumps(states.pop(0) if len(states) > 1 else states[0]).encode())

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Scripted]:
    with Scripted() as made:
        monkeypatch.setenv("DPIP_URL", f"http://127.0.0.1:{made.server_port}")
        monkeypatch.setenv("DPIP_TOKEN", "secret")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        monkeypatch.setattr(film_watching, "_LOOK_S", 0.001)
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "a.mov"
    file.write_bytes(b"a film")
    return file


def order(source: Path, out: Path | None = None, **more: Any) -> FilmOrder:
    return FilmOrder(source, "sepia", out, None, (), **{"json": False, **more})


def test_it_is_watched_to_its_end_and_saved(
    server: Scripted, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.states = [SHOWN, RUNNING, RUNNING, DONE_VIDEO]
    assert filter_video(order(source), None, None) == DONE
    made = source.with_name("a-filtered.mp4")
    assert made.read_bytes() == b"a new film"
    told = capsys.readouterr()
    assert told.out == f"100 frames in {made} (0.0 MB)\n"
    assert "no subtitles" in told.err


def test_it_does_not_take_the_place_of_its_original(source: Path) -> None:
    with pytest.raises(Ended, match="would replace its original") as refused:
        filter_video(order(source, source.parent / "." / source.name), None, None)
    assert refused.value.status == USAGE
    assert source.read_bytes() == b"a film"


def test_as_json_it_says_where_it_lies(
    server: Scripted, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.states = [DONE_VIDEO]
    assert filter_video(order(source, tmp_path / "b.webm", json=True), None, None) == DONE
    told = capsys.readouterr()
    assert json.loads(told.out) == {**DONE_VIDEO, "out": str(tmp_path / "b.webm")}
    assert not told.err


def test_one_that_fails_says_why(
    server: Scripted, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.states = [RUNNING, RUNNING, FAILED_VIDEO]
    assert filter_video(order(source), None, None) == SOME_FAILED
    assert f"{source}: frame 41 could not be filtered: no" in capsys.readouterr().err
    assert not list(tmp_path.glob("*filtered*"))


def test_the_same_order_is_taken_up_and_a_failed_one_begun_again(server: Scripted, source: Path) -> None:
    server.states = [DONE_VIDEO]
    filter_video(order(source), None, None)
    filter_video(order(source), None, None)
    filter_video(order(source, quality="low"), None, None)
    first, second, third = server.keys
    assert first == second != third
    server.states = [FAILED_VIDEO, DONE_VIDEO]
    filter_video(order(source), None, None)
    assert server.keys[3] == first
    assert server.keys[4] != first, "what failed is no answer: it is uploaded anew"


def test_what_is_refused_is_told(server: Scripted, source: Path) -> None:
    server.refusal = 415, "its pictures are of the kind cinepak, which is not decoded here"
    with pytest.raises(Ended, match="of the kind cinepak"):
        filter_video(order(source), None, None)


@pytest.mark.parametrize(
    ("out", "quality", "says"),
    [
        ("b.gif", None, "must end in one of .mp4, .m4v, .mkv, .webm"),
        ("b", None, "must end in one of"),
        (None, "best", "--quality is one of high, medium, low, not best"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_sent(
    source: Path, out: str | None, quality: str | None, says: str
) -> None:
    with pytest.raises(Ended, match=says) as caught:
        filter_video(order(source, Path(out) if out else None, quality=quality), None, None)
    assert caught.value.status == USAGE
    with pytest.raises(Ended, match="there is no file"):
        filter_video(order(source.with_name("nothing.mp4")), None, None)


def test_the_ending_says_the_container(source: Path, tmp_path: Path) -> None:
    made = {
        name: order(source, tmp_path / name).video_format for name in ("b.MP4", "b.m4v", "b.mkv", "b.webm")
    }
    assert list(made.values()) == ["mp4", "mp4", "mkv", "webm"]
    assert order(source, tmp_path).video_format is None
    video = Video.of(SHOWN | {"video_format": "mkv"})
    assert order(source, tmp_path).target(video) == tmp_path / "a-filtered.mkv"


def test_the_pace_is_that_of_late() -> None:
    pace = Pace()
    assert pace.words(Video.of(RUNNING)) == ""
    for second in range(31):
        pace.note(second, 0 if second < 10 else 2 * (second - 10))
    assert pace.per_second == pytest.approx(2.0)
    assert pace.words(Video.of(RUNNING)) == "2.0 frames/s, 0:30 left"
    assert pace.words(Video.of(RUNNING | {"frames": None})) == "2.0 frames/s"
    pace.note(31, 0)
    assert pace.per_second == 0.0, "it was begun anew"
    assert [clock(seconds) for seconds in (0.4, 65, 3605)] == ["0:00", "1:05", "1:00:05"]


def test_the_other_subcommands_know_videos(
    server: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.states = [RUNNING, RUNNING, DONE_VIDEO]
    assert watch_workload(None, None, "v1", as_json=False) == DONE
    assert capsys.readouterr().out == "film: 100 frames; dpip download v1\n"
    out = tmp_path / "here"
    assert download_workload(None, None, "v1", out, kind="filtered", as_json=False) == DONE
    assert (out / "a.mp4").read_bytes() == b"a new film"
    capsys.readouterr()
    server.states = [FAILED_VIDEO]
    assert watch_workload(None, None, "v1", as_json=False) == SOME_FAILED
    assert "frame 41 could not be filtered" in capsys.readouterr().err
    with pytest.raises(Ended, match="film: frame 41 could not be filtered: no; dpip watch v1"):
        download_workload(None, None, "v1", out, kind="filtered", as_json=False)
    server.states = [RUNNING]
    show_workload(None, None, "v1", as_json=False)
    assert "40 of 100 frames" in capsys.readouterr().out


def test_a_server_does_not_choose_where_files_go(server: Scripted, source: Path, tmp_path: Path) -> None:
    server.states = [DONE_VIDEO | {"video_format": "mp4/../../x", "name": "../../b.mov"}]
    filter_video(order(source), None, None)
    assert source.with_name("a-filtered").is_file()
    download_workload(None, None, "v1", tmp_path / "here", kind="filtered", as_json=False)
    assert [file.name for file in (tmp_path / "here").iterdir()] == ["b"]
