"""Shortcuts give what the long way gives, or better; where they cannot, the long way is gone."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from dpip.errors import Refused, Unprocessable
from imaging import Limits, Result, estimate_memory, parse_pipeline, read_header, turbo
from imaging.made import THE_LONG_WAY
from imaging.shaping import upright
from imaging.shortcuts import jpeg_gray, jpeg_planes, jpeg_turn, shrink_on_load, unchanged
from imaging.turns import composed, swaps_sides
from tests.imaging.samples import (
    ORIENTATION,
    Array,
    array,
    blurred,
    filtered,
    lossy_psnr,
    opened,
    psnr,
    rgb,
    saved,
)

needs_turbo = pytest.mark.skipif(not turbo.available(), reason="libturbojpeg is not installed here")
KINDS: dict[str, dict[str, Any]] = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "progressive": {"progressive": True},
    "restart markers": {"restart_marker_blocks": 5},
    "tables of its own": {"optimize": True},
}


def cut(width: int, height: int) -> Array:
    return np.ascontiguousarray(rgb(0.2)[:height, :width])


def turned_by(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[ORIENTATION] = orientation
    block[0x013B] = "Somebody"
    return block


def stored(data: bytes, *, gray: bool = False) -> Array:
    """As stored, without any turning."""
    kind = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), kind | cv2.IMREAD_IGNORE_ORIENTATION))


@pytest.fixture
def without_turbo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turbo, "_library", lambda: None)


def ideal_psnr(wanted: Array, subsampling: int, quality: int = 90) -> float:
    """What a JPEG of these very pixels would reach."""
    return psnr(array(saved(wanted, "jpeg", quality=quality, subsampling=subsampling)), wanted)


def path(result: Result) -> str:
    return result.report.path


@needs_turbo
@pytest.mark.parametrize("kind", KINDS)
def test_grayscale_keeps_luma_as_it_is(kind: str) -> None:
    original = saved(cut(333, 211), "jpeg", **KINDS[kind])
    result = filtered(original, "grayscale")
    assert path(result) == jpeg_gray.PATH
    assert opened(result.data).mode == "L"
    assert (stored(result.data, gray=True) == stored(original, gray=True)).all()
    assert (result.facts.width, result.facts.height) == (333, 211)


@needs_turbo
@pytest.mark.parametrize("orientation", range(2, 9))
def test_grayscale_is_turned_upright_without_loss(orientation: int) -> None:
    original = saved(cut(320, 208), "jpeg", exif=turned_by(orientation))
    result = filtered(original, "grayscale")
    assert path(result) == jpeg_gray.PATH
    wanted = upright(stored(original, gray=True), orientation)
    assert np.abs(stored(result.data, gray=True).astype(int) - wanted).max() <= 1  # of rounding
    assert result.facts.width == wanted.shape[1]
    assert b"Somebody" not in result.data


@pytest.mark.parametrize(
    ("original", "filter_"),
    [
        (saved(cut(323, 211), "jpeg", exif=turned_by(3)), "grayscale"),  # edges within blocks
        (saved(cut(96, 64), "jpeg"), "grayscale|convert:quality=80"),
        (saved(cut(96, 64), "jpeg"), "grayscale|convert:format=png"),
        (saved(cut(96, 64), "jpeg"), "grayscale|blur"),
        (saved(cut(96, 64), "png"), "grayscale"),
        (saved(Image.fromarray(cut(96, 64)).convert("CMYK"), "jpeg"), "grayscale"),
        (saved(cut(96, 64), "jpeg", keep_rgb=True), "grayscale"),
    ],
)
def test_the_long_way_is_gone_where_it_must(original: bytes, filter_: str) -> None:
    result = filtered(original, filter_)
    assert path(result) == THE_LONG_WAY
    assert (
        psnr(
            array(result.data, "L"),
            array(original, "L") if "blur" not in filter_ else blurred(array(original, "L"), 3),
        )
        > 33
    )


@needs_turbo
@pytest.mark.parametrize(
    ("filter_", "orientation"),
    [
        ("rotate:angle=90", 6),
        ("rotate:angle=180", 3),
        ("rotate:angle=-90", 8),
        ("flip", 2),
        ("flip:direction=vertical", 4),
        ("flip|rotate:angle=90", 7),
    ],
)
def test_right_angles_lose_nothing(filter_: str, orientation: int) -> None:
    original = saved(cut(320, 208), "jpeg", subsampling=0)
    result = filtered(original, filter_)
    assert path(result) == jpeg_turn.PATH
    wanted = upright(stored(original), orientation)
    assert np.abs(stored(result.data).astype(int) - wanted).max() <= 3  # rounding, in each of three channels
    assert psnr(stored(result.data), wanted) > 55


@needs_turbo
def test_four_quarters_bring_back_the_file() -> None:
    once = filtered(saved(cut(320, 208), "jpeg"), "rotate:angle=180").data
    data = filtered(once, "rotate:angle=180").data
    for _ in range(4):
        data = filtered(data, "rotate").data
    assert data == filtered(once, "rotate:angle=180").data


def test_turns_are_composed() -> None:
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    for first in range(1, 9):
        assert swaps_sides(first) == (first >= 5)
        for second in range(1, 9):
            both = upright(upright(pixels, first), second)
            assert (both == upright(pixels, composed([first, second]))).all()


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_what_needs_no_change_is_not_encoded_again(form: str) -> None:
    original = saved(cut(320, 208), form, exif=turned_by(1), quality=77) + b"a preview, or a film"
    result = filtered(original, "convert")
    assert path(result) == unchanged.PATH
    assert (array(result.data) == array(original)).all()
    assert b"Somebody" not in result.data
    assert b"film" not in result.data
    kept = filtered(original, "convert", keep_metadata="yes")
    assert path(kept) == unchanged.PATH
    assert opened(kept.data).getexif()[0x013B] == "Somebody"
    assert (array(kept.data) == array(original)).all()


IDLE = (
    *("brightness:factor=1", "contrast:factor=1", "saturation:factor=1", "hue:degrees=360", "gamma:gamma=1"),
    *("levels:black=0", "sepia:amount=0", "tint:amount=0", "unsharp_mask:amount=0", "vignette:strength=0"),
    *(
        "posterize:levels=256",
        "white_balance:temperature=6500",
        "crop",
        "crop:aspect=320:208",
        "pad",
        "border:thickness=0",
    ),
    *(
        "canvas:width=320",
        "rotate:angle=0",
        "thumbnail:size=320",
        "resize:width=999,mode=shrink",
        "flip|flip",
    ),
)


@pytest.mark.parametrize("filter_", [*IDLE, "|".join(IDLE[:15])])
@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_filters_that_have_nothing_to_do_cost_no_encoding(form: str, filter_: str) -> None:
    original = saved(cut(320, 208), form)
    header = read_header(io.BytesIO(original), len(original), Limits())
    result = filtered(original, filter_)
    assert path(result) == unchanged.PATH
    assert result.pipeline == parse_pipeline(filter_)
    assert (array(result.data) == array(original)).all()
    assert estimate_memory(header, parse_pipeline(filter_)) == estimate_memory(
        header, parse_pipeline("convert")
    )


@needs_turbo
def test_filters_that_have_nothing_to_do_leave_the_others_their_shortcuts() -> None:
    original = saved(cut(320, 208), "jpeg", exif=turned_by(6))
    gray = filtered(original, "grayscale")
    for filter_ in ("resize:width=1600,mode=shrink|grayscale", "grayscale|saturation:factor=3|grayscale"):
        result = filtered(original, filter_)
        assert path(result) == jpeg_gray.PATH
        assert result.data == gray.data
    both = filtered(original, "rotate|grayscale|flip")
    assert path(both) == jpeg_gray.PATH
    assert both.data == filtered(filtered(original, "rotate|flip").data, "grayscale").data


@pytest.mark.parametrize("kind", KINDS)
def test_scans_are_kept_byte_by_byte(kind: str) -> None:
    original = saved(cut(101, 67), "jpeg", comment=b"a comment", **KINDS[kind])
    result = filtered(original, "convert").data
    scans = original[original.index(b"\xff\xda") :]
    assert result.endswith(scans)
    assert b"a comment" not in result


def test_a_gray_jpeg_is_gray_already() -> None:
    original = saved(cut(320, 208)[..., 1], "jpeg")
    assert path(filtered(original, "grayscale")) == unchanged.PATH
    assert path(filtered(original, "resize:width=320")) == unchanged.PATH
    assert path(filtered(original, "grayscale|convert:quality=70")) == THE_LONG_WAY


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_broken_files_are_not_passed_on(form: str) -> None:
    original = saved(cut(320, 208), form)
    with pytest.raises(Unprocessable):
        filtered(original[: len(original) // 2], "convert")


@pytest.mark.parametrize("filter_", ["grayscale", "convert", "rotate", "blur", "resize:width=50"])
def test_damaged_jpegs_are_refused_or_filtered(filter_: str) -> None:
    original = saved(cut(160, 96), "jpeg", subsampling=2)
    random = np.random.default_rng(5)
    for number in range(150):
        damaged = bytearray(original)
        if number % 3 == 0:
            del damaged[int(random.integers(20, len(damaged))) :]
        for place in random.integers(2, len(damaged), 1 + number % 4):
            damaged[int(place)] = int(random.integers(256))
        try:
            result = filtered(bytes(damaged), filter_)
        except Refused:
            continue
        assert opened(result.data).size == (result.facts.width, result.facts.height)


@needs_turbo
@pytest.mark.parametrize("size", [(320, 208), (333, 211)])
@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("sigma", [0.5, 3, 12])
def test_blurred_planes_are_the_gaussian(size: tuple[int, int], subsampling: int, sigma: float) -> None:
    original = saved(cut(*size), "jpeg", subsampling=subsampling)
    result = filtered(original, f"blur:sigma={sigma}")
    assert path(result) == jpeg_planes.PATH
    wanted = blurred(array(original), sigma)
    assert psnr(array(result.data), wanted) > lossy_psnr(wanted, "jpeg") - 0.5
    edge = np.abs(array(result.data).astype(float) - wanted)[[0, -1]]
    assert (
        edge.mean()
        < np.abs(array(saved(np.rint(wanted).astype(np.uint8), "jpeg", quality=90)).astype(float) - wanted)[
            [0, -1]
        ].mean()
        + 0.5
    )


@needs_turbo
@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("filter_", ["blur", "resize:width=160", "resize:width=96,height=64,mode=exact"])
def test_planes_are_turned_upright(orientation: int, filter_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = saved(cut(320, 208), "jpeg", subsampling=2, exif=turned_by(orientation))
    result = filtered(original, filter_)
    assert path(result) == jpeg_planes.PATH
    monkeypatch.setattr(turbo, "_library", lambda: None)
    wanted = array(filtered(original, filter_ + "|convert:format=png").data)
    assert psnr(array(result.data), wanted) > ideal_psnr(wanted, 2) - 0.5


@needs_turbo
@pytest.mark.parametrize(
    "filter_",
    [
        "resize:width=300",
        "resize:width=120,height=120",
        "resize:width=90,kernel=lanczos",
        "thumbnail:size=64",
    ],
)
@pytest.mark.parametrize("subsampling", [0, 2])
def test_smaller_planes_are_the_smaller_picture(
    filter_: str, subsampling: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = saved(rgb(0.2), "jpeg", subsampling=subsampling)
    result = filtered(original, filter_ + "|convert:quality=98")
    assert path(result) == jpeg_planes.PATH
    monkeypatch.setattr(turbo, "_library", lambda: None)
    monkeypatch.setattr(shrink_on_load, "factor", lambda *_: 1)
    wanted = array(filtered(original, filter_ + "|convert:format=png").data)
    assert psnr(array(result.data), wanted) > ideal_psnr(wanted, subsampling, 98) - 0.75


@pytest.mark.parametrize(
    ("filter_", "factor"),
    [
        ("resize:width=1000", 1),
        ("resize:width=601", 1),
        ("resize:width=600", 2),
        ("resize:width=250", 4),
        ("resize:width=100", 8),
        ("resize:width=10", 8),
        ("resize:width=250,linear_light=true", 1),
        ("resize:width=250,kernel=nearest", 1),
        ("resize:width=250,height=250,mode=fill", 2),
        ("thumbnail:size=100,mode=crop", 8),
        ("thumbnail:size=100,mode=crop,gravity=entropy", 1),
        ("blur|resize:width=100", 1),
        ("resize:width=100|blur", 8),
    ],
)
def test_how_much_smaller_is_decoded(filter_: str, factor: int) -> None:
    data = saved(np.zeros((1600, 2400), np.uint8), "jpeg")
    header = read_header(io.BytesIO(data), len(data), Limits())
    assert shrink_on_load.factor(header, parse_pipeline(filter_)) == factor


@pytest.mark.parametrize("width", [433, 250, 120, 60, 30])
@pytest.mark.parametrize("gray", [False, True])
def test_decoded_smaller_looks_the_same(width: int, gray: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least 37 dB from decoding all of it: no more than JPEG itself loses at quality 90."""
    pixels = rgb(1.0)[..., 1] if gray else rgb(1.0)
    original = saved(pixels, "jpeg", exif=turned_by(6))
    quick = filtered(original, f"resize:width={width}|convert:format=png")
    monkeypatch.setattr(shrink_on_load, "factor", lambda *_: 1)
    full = filtered(original, f"resize:width={width}|convert:format=png")
    assert (quick.facts.width, quick.facts.height) == (full.facts.width, full.facts.height)
    assert opened(quick.data).mode == opened(full.data).mode
    assert psnr(array(quick.data), array(full.data)) > 37


@pytest.mark.usefixtures("without_turbo")
@pytest.mark.parametrize("filter_", ["grayscale", "blur", "rotate", "resize:width=100"])
def test_it_works_without_the_library(filter_: str) -> None:
    original = saved(cut(320, 208), "jpeg")
    assert path(filtered(original, filter_)) == THE_LONG_WAY


def test_the_report_says_where_a_result_comes_from() -> None:
    import hashlib  # noqa: PLC0415

    original = saved(cut(96, 64), "jpeg")
    result = filtered(original, "blur", sigma="2", format="png")
    report = result.report
    assert report.input_sha256 == hashlib.sha256(original).hexdigest()
    assert report.output_sha256 == hashlib.sha256(result.data).hexdigest() == result.facts.sha256
    assert report.pipeline == "blur:sigma=2|convert:format=png"
    assert report.versions["opencv"] == cv2.__version__
    assert report.versions["pillow"]
    assert set(report.as_dict()) == {"input_sha256", "pipeline", "output_sha256", "path", "versions"}


@needs_turbo
def test_estimates_know_of_shortcuts(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(rgb(0.2), "jpeg", subsampling=2)
    header = read_header(io.BytesIO(data), len(data), Limits())
    short = estimate_memory(header, parse_pipeline("blur"))
    monkeypatch.setattr(turbo, "_library", lambda: None)
    assert short < estimate_memory(header, parse_pipeline("blur"))
