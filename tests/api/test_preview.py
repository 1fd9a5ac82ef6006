"""Previews: real ones, in a real process of their own, within their limits."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from werkzeug.test import TestResponse

from imaging.previews import LIMITS, Previews
from tests.api.conftest import Api, another_app
from tests.pictures import encode, photograph


@pytest.fixture
def previews() -> Iterator[Previews]:
    made = Previews()
    yield made
    made.close()


@pytest.fixture
def trying(api: Api, previews: Previews) -> Api:
    api.parts = replace(api.parts, previews=previews)
    api.app = another_app(api.parts)
    return api


def ask(api: Api, data: bytes, filter_: str = "grayscale", user: str = "alice") -> TestResponse:
    return api.ask("POST", "/preview", user, data={"filter": filter_, "data": (io.BytesIO(data), "a.jpg")})


def test_the_result_comes_at_once_and_nothing_is_kept(trying: Api, jpeg: bytes) -> None:
    before = trying.rows()
    answer = ask(trying, jpeg, "invert|resize:width=50")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["X-Image-Width"] == "50"
    assert "filter;dur=" in answer.headers["Server-Timing"]
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.width == 50
        shown = np.asarray(picture.convert("L")).mean()
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert shown == pytest.approx(255 - np.asarray(picture.convert("L")).mean(), abs=4)
    assert trying.rows() == before
    assert trying.files() == []


def test_what_browsers_do_not_show_comes_as_png(trying: Api, jpeg: bytes) -> None:
    answer = ask(trying, jpeg, "grayscale|convert:format=tiff")
    assert answer.mimetype == "image/png"
    assert answer.headers["X-Image-Format"] == "tiff"


@pytest.mark.parametrize(
    ("data", "filter_", "status", "says"),
    [
        (None, "blurr", 400, "blur"),
        (None, "blur:sigma=1000", 422, "sigma"),
        (b"no picture", "blur", 415, "jpeg"),
        (None, "resize:width=30000,height=30000", 413, "megapixels"),
    ],
)
def test_what_cannot_be_is_refused(
    trying: Api, jpeg: bytes, data: bytes | None, filter_: str, status: int, says: str
) -> None:
    answer = ask(trying, data or jpeg, filter_)
    assert answer.status_code == status, answer.text
    assert says in answer.get_json(force=True)["detail"].lower()


def test_a_pipeline_that_takes_too_long_is_ended(trying: Api, jpeg: bytes, previews: Previews) -> None:
    previews.limits = replace(LIMITS, max_seconds=0.2)
    large = encode(photograph(1, 4.0), "jpeg")
    answer = ask(trying, large, "denoise:radius=10|denoise:radius=10")
    assert answer.status_code == 422, answer.text
    previews.limits = LIMITS
    assert ask(trying, jpeg).status_code == 200, "the next one is not harmed"


def test_a_process_that_dies_or_is_gone_harms_nobody(trying: Api, jpeg: bytes, previews: Previews) -> None:
    assert ask(trying, jpeg).status_code == 200
    ready = previews._ready
    assert isinstance(ready, subprocess.Popen)
    ready.kill()
    ready.wait()
    assert ask(trying, jpeg).status_code in {200, 422}
    assert ask(trying, jpeg).status_code == 200


def test_turned_off_it_says_so(api: Api, jpeg: bytes) -> None:
    answer = ask(api, jpeg)
    assert answer.status_code == 503
    assert "DPIP_PREVIEWS_AT_ONCE" in answer.get_json(force=True)["detail"]
