"""The end-to-end script must notice what is wrong, or its good news are worth nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage  # type: ignore[import-untyped]

from tests.e2e import video
from tests.e2e.checking import mistake
from tests.pictures import frame_number, frame_pixels

SIZE = {"width": 480, "height": 270}


@pytest.fixture
def original(tmp_path: Path) -> Path:
    (pixels,) = frame_pixels(1, **SIZE)
    file = tmp_path / "original.png"
    video.write_png(file, pixels)
    return file


def result(original: Path, pixels: np.ndarray, name: str = "result.png") -> Path:
    file = original.with_name(name)
    Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8)).save(file)
    return file


def luma(original: Path) -> np.ndarray:
    return np.asarray(np.asarray(Image.open(original)) @ np.array([0.299, 0.587, 0.114]))


def blurred(original: Path, sigma: float) -> np.ndarray:
    pixels = np.asarray(Image.open(original), float)
    return np.asarray(ndimage.gaussian_filter(pixels, (sigma, sigma, 0), mode="mirror"))


def test_right_frames_pass(original: Path) -> None:
    assert mistake(original, result(original, luma(original)), "grayscale") is None
    assert mistake(original, result(original, blurred(original, 3)), "blur") is None


def test_another_luma_is_noticed(original: Path) -> None:
    rgb = np.asarray(Image.open(original)).astype(float)
    assert "differs" in (mistake(original, result(original, rgb.mean(axis=2)), "grayscale") or "")


def test_another_sigma_is_noticed(original: Path) -> None:
    assert "differs" in (mistake(original, result(original, blurred(original, 2)), "blur") or "")


def test_one_wrong_pixel_is_noticed(original: Path) -> None:
    gray = luma(original)
    gray[100, 100] = 255 - gray[100, 100]
    assert "differs" in (mistake(original, result(original, gray), "grayscale") or "")


def test_size_colour_format_and_damage_are_noticed(original: Path) -> None:
    gray = luma(original)
    assert "not (480, 270)" in (mistake(original, result(original, gray[:, :-1]), "grayscale") or "")
    assert "not L" in (mistake(original, original, "grayscale") or "")
    assert "is JPEG" in (mistake(original, result(original, gray, "result.jpg"), "grayscale") or "")
    good = result(original, gray)
    good.write_bytes(good.read_bytes()[:-2000])
    assert "cannot be read" in (mistake(original, good, "grayscale") or "")


def test_frames_are_told_apart_after_grayscale_blur_and_compression(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    assert video.write_video(film, frame_pixels(12, **SIZE), Fraction(25)) == 12
    for number, pixels in enumerate(video.read_video(film)):
        assert frame_number(pixels) == number
        assert frame_number(np.uint8(cv2.GaussianBlur(pixels, (0, 0), 3)[..., 1])) == number


def test_a_video_is_cut_into_as_many_frames_as_it_has(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    video.write_video(film, frame_pixels(7, **SIZE), Fraction(10))
    files = video.cut(film, tmp_path)
    assert [frame_number(video.read_colour(file)) for file in files] == list(range(7))
    assert video.rate_of(film) == 10
