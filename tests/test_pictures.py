"""The test pictures: real content, any size, the same every time."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from tests.pictures import encode, frame_number, frame_pixels, frames, photograph, photographs


def test_photographs_cover_the_range_and_are_told_by_seed() -> None:
    made = list(photographs(3, smallest=0.5, largest=1.5))
    assert sorted(round(picture.megapixels, 1) for picture in made) == [0.5, 1.0, 1.5]
    again = list(photographs(3, smallest=0.5, largest=1.5))
    assert [picture.data for picture in made] == [picture.data for picture in again]
    other = list(photographs(3, smallest=0.5, largest=1.5, seed=2))
    assert made[0].data != other[0].data


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_bytes_are_what_the_picture_says(form: str) -> None:
    (picture,) = photographs(1, smallest=0.4, form=form)
    pixels = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (picture.height, picture.width, 3)
    assert picture.name.endswith({"jpeg": ".jpg"}.get(form, f".{form}"))


def test_photographs_have_a_photographs_content() -> None:
    large = photograph(1, 6.0)
    assert large.shape[0] * large.shape[1] == pytest.approx(6e6, rel=0.01)
    assert 20 < large.std() < 100
    assert 0.5e6 < len(encode(large, "jpeg")) < 6e6


def test_frames_differ_and_tell_their_number() -> None:
    pixels = list(frame_pixels(5, width=320, height=180))
    assert [frame_number(frame) for frame in pixels] == list(range(5))
    assert all(
        np.abs(one[40:].astype(int) - two[40:].astype(int)).mean() > 2
        for one, two in itertools.pairwise(pixels)
    )
    assert [picture.name for picture in frames(2, width=320, height=180)] == [
        "frame-00000.png",
        "frame-00001.png",
    ]
