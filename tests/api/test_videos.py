"""Videos over HTTP: what is kept, what is shown of it, and what is refused with which words."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.videos import admission as video_admission
from dpip.domain import Failure, ImageFacts
from tests.api.conftest import Api
from tests.film.films import Kind, make, small_film


def send(api: Api, data: bytes, name: str = "a.mp4", **fields: str) -> TestResponse:
    return api.ask("POST", "/videos", data={**fields, "data": (io.BytesIO(data), name)})


def kept(api: Api, **fields: str) -> dict[str, Any]:
    answer = send(api, small_film(), **fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_a_video_is_kept_with_what_is_known_of_it(api: Api) -> None:
    video = kept(api, filter="sepia", workload_name="film", video_format="webm", video_quality="low")
    assert (video["width"], video["height"], video["frames"]) == (64, 48, 3)
    assert (video["video_format"], video["video_quality"], video["state"]) == ("webm", "low", "waiting")
    assert video["notes"] == ["its sound is encoded anew, as Opus: WebM does not hold aac"]
    again = api.ask("GET", f"/videos/{video['video_id']}").get_json()
    assert again == video
    workload = api.ask("GET", f"/workloads/{video['video_id']}").get_json()
    assert (workload["workload_name"], workload["video"], workload["status"]) == (
        "film",
        "waiting",
        "scheduling",
    )
    original = api.ask("GET", f"/videos/{video['video_id']}/file?type=original")
    assert (original.data, original.mimetype) == (small_film(), "video/mp4")
    assert kept(api)["video_quality"] == "high"


def test_the_file_is_not_there_before_it_is_done(api: Api) -> None:
    video = kept(api)["video_id"]
    path = f"/videos/{video}/file"
    answer = api.ask("GET", path)
    assert answer.status_code == 409
    assert "0 of about 3 frames are in it" in answer.get_json()["detail"]
    videos = api.datastore.videos
    assert videos.claim(time.time(), time.time() + 60)
    videos.fail(video, 1, Failure("unreadable", "frame 2 could not be filtered: no"), time.time())
    assert "frame 2 could not be filtered: no" in api.ask("GET", path).get_json()["detail"]
    assert api.ask("POST", f"/workloads/{video}/replay").get_json()["replayed"] == 1
    assert videos.claim(time.time(), time.time() + 60)
    facts = ImageFacts("mp4", 64, 48, 8, "ab" * 32)
    videos.finish(video, 2, facts, lambda key: api.parts.store.put(key, b"new film"), time.time())
    part = api.ask("GET", path, headers={"Range": "bytes=4-"})
    assert (part.status_code, part.data) == (206, b"film")
    assert api.ask("HEAD", path).headers["Content-Length"] == "8"
    assert api.ask("DELETE", f"/workloads/{video}").status_code == 200
    assert api.ask("GET", path).status_code == 404


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("data", "fields", "status", "says"),
    [
        (b"", {}, 415, "those are MP4, QuickTime, Matroska, WebM, AVI"),
        (b"dear diary, " * 100, {}, 415, "this is not a video that is read here"),
        (cut(small_film()), {}, 422, "is it whole?"),
        (small_film(), {"filter": "blurr"}, 400, "blur"),
        (small_film(), {"filter": "blur:sigma=-1"}, 422, "sigma"),
        (small_film(), {"filter": "{a=blur;b=sepia}"}, 400, "a video has one output"),
        (small_film(), {"filter": "resize:width=30000,height=30000"}, 413, "pixels"),
        (small_film(), {"video_format": "gif"}, 400, "one of mp4, mkv, webm, not 'gif'"),
        (small_film(), {"video_quality": "11"}, 400, "one of high, medium, low, not '11'"),
        (small_film(), {"video_fromat": "mkv"}, 400, "video_fromat"),
    ],
    ids=["empty", "text", "cut off", "filter", "range", "outputs", "size", "format", "quality", "field"],
)
def test_what_is_refused_leaves_nothing(
    api: Api, data: bytes, fields: dict[str, str], status: int, says: str
) -> None:
    answer = send(api, data, **fields)
    assert answer.status_code == status, answer.text
    assert says in answer.get_json()["detail"]
    assert api.ask("GET", "/videos").get_json()["videos"] == []
    assert not list(api.parts.store.entries())


def test_codecs_that_are_not_decoded_are_named(api: Api, tmp_path: Path) -> None:
    film = make(
        tmp_path, 2, Kind("odd.avi", codec="cinepak", pix_fmt="rgb24", sound=None, width=64, height=48)
    )
    answer = send(api, film.read_bytes(), "odd.avi")
    assert answer.status_code == 415
    assert "of the kind cinepak, which is not decoded here; H.264" in answer.get_json()["detail"]


def test_without_pyav_it_says_so_for_good(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_admission, "available", lambda: False)
    answer = send(api, small_film())
    assert answer.status_code == 415, "who waits and tries again would upload in vain"
    assert "pip install 'dpip[video]'" in answer.get_json()["detail"]


def test_the_same_wish_twice_is_one_video(api: Api) -> None:
    def once() -> Any:
        form = {"data": (io.BytesIO(small_film()), "a.mp4")}
        return api.ask("POST", "/videos", data=form, headers={"Idempotency-Key": "one"}).get_json()[
            "video_id"
        ]

    assert once() == once()
    assert len(api.ask("GET", "/videos").get_json()["videos"]) == 1


def test_a_picture_is_no_video_and_a_videos_workload_takes_no_picture(api: Api, jpeg: bytes) -> None:
    assert send(api, jpeg, "a.jpg").status_code == 415
    refused = api.upload(kept(api)["video_id"], jpeg)
    assert refused.status_code == 409
    assert "video" in refused.get_json()["detail"]
