"""Filters that change size or place, against independent arithmetic."""

from __future__ import annotations

import contextlib
import functools
import math
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage import data

from dpip.errors import TooLarge, Unprocessable
from imaging import Limits, parse_pipeline, run
from imaging.filters.base import Filter
from imaging.geometry import canonical_aspect, canonical_length
from imaging.picture import Picture
from imaging.shaping import upright
from imaging.transparency import filtered as through
from tests.imaging.samples import Array, filtered, opened, psnr, rgb, saved

GRAVITIES = ("center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")


def applied(text: str, pixels: Array) -> Array:
    [filter_] = parse_pipeline(text).filters
    return np.asarray(through(filter_, Picture(np.ascontiguousarray(pixels))).pixels)


@functools.lru_cache(maxsize=1)
def small() -> Array:
    return np.ascontiguousarray(rgb()[100:220, 150:331])  # 120 high, 181 wide


def weights(before: int, after: int, kernel: str) -> Array:
    """after x before, as a book on resampling has it: the kernel, wider when shrinking, rows sum up to 1."""
    wider = max(1.0, before / after)
    middle = (np.arange(after) + 0.5) * before / after - 0.5
    x = (np.arange(before)[None, :] - middle[:, None]) / wider
    found = (
        np.sinc(x) * np.sinc(x / 3) * (np.abs(x) < 3) if kernel == "lanczos" else np.maximum(0, 1 - np.abs(x))
    )
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def resampled(pixels: Array, width: int, height: int, kernel: str) -> Array:
    down = np.tensordot(weights(pixels.shape[0], height, kernel), pixels.astype(float), axes=1)
    return np.moveaxis(np.tensordot(weights(pixels.shape[1], width, kernel), down, axes=(1, 1)), 0, 1)


@pytest.mark.parametrize("kernel", ["lanczos", "linear"])
@pytest.mark.parametrize("size", [(70, 50), (300, 200), (60, 200), (181, 40)])
def test_kernels_are_what_they_are_called(kernel: str, size: tuple[int, int]) -> None:
    width, height = size
    text = f"resize:width={width},height={height},mode=exact,kernel={kernel}"
    wanted = resampled(small(), width, height, kernel)
    assert psnr(applied(text, small()), wanted.clip(0, 255)) > 56  # 8 bits between rows and columns, too
    deep = small().astype(np.uint16) * 257
    assert np.abs(applied(text, deep) - (wanted * 257).clip(0, 65535)).max() <= 2


def test_area_is_the_mean_of_what_is_covered() -> None:
    pixels = small()[:, :180]
    wanted = pixels.reshape(30, 4, 45, 4, 3).mean(axis=(1, 3))
    assert np.abs(applied("resize:width=45,kernel=area", pixels) - wanted).max() <= 1


def test_auto_comes_near_lanczos_where_it_takes_blocks_first() -> None:
    pixels = small()[:, :180]
    whole = applied("resize:width=40,kernel=lanczos", pixels)
    blocks = psnr(applied("resize:width=40", pixels), whole)
    assert blocks > 30
    assert blocks > psnr(applied("resize:width=40,kernel=area", pixels), whole)


def test_auto_is_lanczos_unless_the_picture_gets_much_smaller() -> None:
    assert (applied("resize:width=120", small()) == applied("resize:width=120,kernel=lanczos", small())).all()


def srgb_light(levels: Array) -> Array:
    v = levels / 255
    return np.asarray(np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4))


def srgb_levels(light: Array) -> Array:
    light = light.clip(0, 1)
    return np.asarray(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def test_linear_light_mixes_light() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert abs(int(applied("resize:width=32,linear_light=true", stripes)[10, 10, 0]) - 188) <= 1
    assert abs(int(applied("resize:width=32", stripes)[10, 10, 0]) - 128) <= 1
    wanted = srgb_levels(resampled(srgb_light(small()), 100, 70, "lanczos"))
    text = "resize:width=100,height=70,mode=exact,kernel=lanczos,linear_light=true"
    assert np.abs(applied(text, small()) - wanted).max() <= 1
    deep = applied(text, small().astype(np.uint16) * 257)
    assert np.abs(deep / 257 - wanted).max() < 0.01


@pytest.mark.parametrize("light", ["true", "false"])
@pytest.mark.parametrize("filter_", ["resize:width=31", "resize:width=200", "rotate:angle=20,expand=false"])
def test_what_is_not_seen_does_not_bleed(filter_: str, light: str) -> None:
    """Half of it opaque red, half transparent green: no green and no darkness at the seam."""
    if filter_.startswith("resize"):
        filter_ += f",linear_light={light}"
    else:
        filter_ += ",background=#ff000000"
    pixels = np.zeros((90, 90, 4), np.uint8)
    pixels[:, :45] = (0, 0, 255, 255)
    pixels[:, 45:] = (0, 255, 0, 0)
    found = applied(filter_, pixels)
    seen = found[found[..., 3] > 8]
    assert (np.abs(seen[:, :3].astype(int) - (0, 0, 255)) <= 2).all()
    assert {0, 255} <= set(np.unique(found[..., 3]))


@pytest.mark.parametrize(
    ("settings_", "size"),
    [
        ("width=60", (60, 40)),
        ("height=60", (90, 60)),
        ("width=60,height=60", (60, 40)),
        ("width=600,height=600", (600, 400)),
        ("width=600,height=600,mode=shrink", (180, 120)),
        ("width=60,mode=shrink", (60, 40)),
        ("width=60,height=60,mode=fill", (60, 60)),
        ("width=200,height=300,mode=fill", (200, 300)),
        ("width=60,height=60,mode=exact", (60, 60)),
        ("width=60,mode=exact", (60, 40)),
        ("width=1", (1, 1)),
    ],
)
def test_modes_of_resize(settings_: str, size: tuple[int, int]) -> None:
    result = filtered(saved(small()[:, :180], "png"), f"resize:{settings_}")
    assert opened(result.data).size == size == (result.facts.width, result.facts.height)


def test_fill_keeps_the_part_that_gravity_names() -> None:
    whole = applied("resize:height=60", small()[:, :180])
    left = applied("resize:width=60,height=60,mode=fill,gravity=west", small()[:, :180])
    right = applied("resize:width=60,height=60,mode=fill,gravity=east", small()[:, :180])
    assert (left == whole[:, :60]).all()
    assert (right == whole[:, -60:]).all()


@pytest.mark.parametrize("turned", [1, 6])
def test_sizes_are_those_of_the_upright_picture(turned: int) -> None:
    from PIL import Image  # noqa: PLC0415

    exif = Image.Exif()
    exif[0x0112] = turned
    result = filtered(saved(small()[:, :180], "jpeg", exif=exif), "resize:width=60")
    assert (result.facts.width, result.facts.height) == ((60, 40) if turned == 1 else (60, 90))


def test_too_large_results_are_refused_before_any_work() -> None:
    data_ = bytearray(saved(small(), "png"))
    data_[60:-12] = bytes(len(data_) - 72)  # a header, and nothing behind it that could be decoded
    for text in ("resize:width=60000", "blur|resize:width=3000|pad:left=10000,right=10000,top=10000"):
        start = time.perf_counter()
        with pytest.raises(TooLarge, match=r"would make a picture of .* at most 200"):
            run(bytes(data_), parse_pipeline(text), Limits())
        assert time.perf_counter() - start < 1
    with pytest.raises(Unprocessable, match="1 to 65535"):
        parse_pipeline("resize:width=100000,height=100000")
    with pytest.raises(Unprocessable, match="say width, height, or both"):
        parse_pipeline("resize")


def test_thumbnails() -> None:
    assert applied("thumbnail:size=60", small()).shape == (40, 60, 3)
    assert (applied("thumbnail:size=500", small()) == small()).all()
    assert applied("thumbnail:size=60,mode=crop", small()).shape == (60, 60, 3)
    assert applied("thumbnail:size=300,mode=crop", small()).shape == (300, 300, 3)
    west = applied("thumbnail:size=40,mode=crop,gravity=west", small())
    assert (west == applied("resize:width=40", small()[:, :120])).all()


@pytest.mark.parametrize(
    ("settings_", "part"),
    [
        ("x=10,y=20,width=30,height=40", np.s_[20:60, 10:40]),
        ("x=10%,y=50%,width=50%,height=25%", np.s_[60:90, 18:108]),
        ("x=170,y=100,width=50,height=50", np.s_[100:, 170:]),
        ("width=40,height=40,gravity=southeast", np.s_[-40:, -40:]),
        ("width=40,height=40", np.s_[40:80, 70:110]),
        ("aspect=1:1,gravity=west", np.s_[:, :120]),
        ("aspect=3:1", np.s_[30:90, :]),
        ("", np.s_[:, :]),
    ],
)
def test_crop_cuts_a_box(settings_: str, part: tuple[slice, slice]) -> None:
    text = "crop:" + settings_ if settings_ else "crop"
    assert (applied(text, small()[:, :180]) == small()[:, :180][part]).all()


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ("x=181,y=0,width=5,height=5", "would leave nothing.*181 x 120"),
        ("width=0", "would leave nothing"),
    ],
)
def test_a_box_beside_the_picture_is_refused(settings_: str, message: str) -> None:
    with pytest.raises(Unprocessable, match=message):
        filtered(saved(small(), "png"), f"crop:{settings_}")


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ("x=5", "both x and y, or neither"),
        ("aspect=1:1,width=50", "not both"),
        ("width=5cm", "pixels .120. or a share .12.5%."),
        ("aspect=16x9", "width:height as in 16:9"),
        ("aspect=0:1", "at most 100:1"),
    ],
)
def test_what_crop_does_not_understand(settings_: str, message: str) -> None:
    with pytest.raises(Unprocessable, match=message):
        parse_pipeline(f"crop:{settings_}")


def where(part: Array, whole: Array) -> tuple[int, int]:
    """x and y of a part that was cut out."""
    x, y = cv2.minMaxLoc(cv2.matchTemplate(whole, part, cv2.TM_SQDIFF))[2]
    assert (whole[y : y + part.shape[0], x : x + part.shape[1]] == part).all(), "it is a part, unchanged"
    return x, y


def test_attention_finds_the_face() -> None:
    astronaut = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    x, y = where(applied("crop:width=200,height=200,gravity=attention", astronaut), astronaut)
    assert x < 160
    assert x + 200 > 270, "from ear to ear"
    assert y < 40
    assert y + 200 > 180, "from hair to chin"


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_entropy_goes_where_there_is_something(side: str) -> None:
    pixels = np.full((240, 240, 3), 90, np.uint8)
    halves = {
        "left": np.s_[:, :120],
        "right": np.s_[:, 120:],
        "top": np.s_[:120],
        "bottom": np.s_[120:],
    }
    pixels[halves[side]] = rgb()[100:340, 100:340][halves[side]]
    for content in ("entropy", "attention"):
        aspect = "1:2" if side in ("left", "right") else "2:1"
        found = applied(f"crop:aspect={aspect},gravity={content}", pixels)
        x, y = where(found, pixels)
        assert abs(x - (120 if side == "right" else 0)) <= 12
        assert abs(y - (120 if side == "bottom" else 0)) <= 12


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("colour", ["#ffffff", "#102030", "#00ff0000"])
@pytest.mark.parametrize("pixels", [small(), small()[..., 1]], ids=["colour", "gray"])
def test_trim_takes_away_what_pad_added(kind: type, colour: str, pixels: Array) -> None:
    pixels = pixels.astype(kind) * (257 if kind is np.uint16 else 1)
    padded = applied(f"pad:left=17,right=5,top=9,bottom=1,colour={colour}", pixels)
    assert padded.shape[:2] == (130, 203)
    found = applied("trim:tolerance=2", padded)
    if found.shape != pixels.shape:  # a transparent ground has made it one with alpha
        found = found[..., 0] if pixels.ndim == 2 else found[..., :3]
    assert (found == pixels).all()
    assert applied("trim:tolerance=2,margin=3", padded).shape[:2] == (120 + 3 + 1, 181 + 6)


def test_trim_heeds_its_tolerance_and_spares_a_plain_picture() -> None:
    noisy = np.random.default_rng(3).integers(240, 251, (80, 100), dtype=np.uint8)
    noisy[30:50, 40:70] = 20
    assert applied("trim:tolerance=12", noisy).shape == (20, 30)
    assert applied("trim:tolerance=0", noisy).shape[0] > 60
    assert applied("trim", np.full((40, 50, 3), 7, np.uint8)).shape == (40, 50, 3)
    assert applied("trim:colour=black", noisy).shape == (80, 100)


@pytest.mark.parametrize("pixels", [small(), small()[..., 1], small().astype(np.uint16) * 257])
@pytest.mark.parametrize("quarters", range(-4, 5))
def test_right_angles_are_exact(pixels: Array, quarters: int) -> None:
    turned = applied(f"rotate:angle={90 * quarters}", pixels)
    assert (turned == np.rot90(pixels, -quarters)).all()


@pytest.mark.parametrize("angle", [7.0, -30.0, 45.0, 100.0, 200.0])
def test_other_angles_are_a_rotation_clockwise(angle: float) -> None:
    pixels = np.asarray(cv2.GaussianBlur(small(), (0, 0), 1.5))  # so that interpolations agree
    found = applied(f"rotate:angle={angle},background=#ffffff", pixels)
    y, x = np.mgrid[: found.shape[0], : found.shape[1]]
    across, down = x - (found.shape[1] - 1) / 2, y - (found.shape[0] - 1) / 2
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    places = (-sine * across + cosine * down + 119 / 2, cosine * across + sine * down + 180 / 2)
    wanted = np.dstack([ndimage.map_coordinates(c.astype(float), places) for c in cv2.split(pixels)])
    inside = (places[0] >= 3) & (places[0] <= 116) & (places[1] >= 3) & (places[1] <= 177)
    assert inside.sum() > 0.9 * 114 * 175, "nothing was cut"
    assert psnr(found[inside], wanted[inside]) > 40
    assert (found[0, 0] == 255).all()
    back = applied(
        f"rotate:angle={-angle},expand=false", applied(f"rotate:angle={angle},expand=false", pixels)
    )
    assert psnr(back[40:80, 70:110], pixels[40:80, 70:110]) > 38


def test_ground_of_a_rotation() -> None:
    assert applied("rotate:angle=45,background=#0000ff", small())[0, 0].tolist() == [255, 0, 0]
    clear = applied("rotate:angle=45,background=transparent", small())
    assert clear.shape[2] == 4
    assert clear[0, 0, 3] == 0
    assert clear[clear.shape[0] // 2, clear.shape[1] // 2, 3] == 255
    gray = applied("rotate:angle=45,background=red", small()[..., 1])
    assert (gray.ndim, gray[0, 0]) == (2, 76)
    kept = applied("rotate:expand=false,background=blue", small())
    assert kept.shape == small().shape
    assert kept[0, 0].tolist() == [255, 0, 0]
    assert (kept[:, 30:150] == np.rot90(small(), -1)[31:151]).all()


@pytest.mark.parametrize(
    "text", ["flip", "flip:direction=vertical", "rotate:angle=0", "rotate", "rotate:angle=-180"]
)
def test_turns_are_those_of_their_exif_orientation(text: str) -> None:
    [filter_] = parse_pipeline(text).filters
    assert isinstance(filter_, Filter)
    orientation = filter_.as_orientation()
    assert orientation is not None
    assert (applied(text, small()) == upright(small(), orientation)).all()


def test_flip() -> None:
    assert (applied("flip", small()) == small()[:, ::-1]).all()
    assert (applied("flip:direction=vertical", small()) == small()[::-1]).all()
    assert parse_pipeline("rotate:angle=20").filters[0].as_orientation() is None
    assert parse_pipeline("rotate:expand=false").filters[0].as_orientation() is None


def test_pad_and_its_fillings() -> None:
    size = "left=3,right=4,top=5,bottom=6"
    room = ((5, 6), (3, 4), (0, 0))
    for fill, mode in (("edge", "edge"), ("mirror", "reflect")):
        assert (applied(f"pad:{size},fill={fill}", small()) == np.pad(small(), room, mode=mode)).all()  # type: ignore[call-overload]
    found = applied(f"pad:{size},colour=#010203", small())
    assert found[0, 0].tolist() == [3, 2, 1]
    assert (found[5:-6, 3:-4] == small()).all()
    clear = applied(f"pad:{size},colour=transparent", small())
    assert clear[0, 0].tolist() == [0, 0, 0, 0]
    assert (clear[5:-6, 3:-4] == np.dstack((small(), np.full(small().shape[:2], 255)))).all()


@pytest.mark.parametrize("gravity", GRAVITIES)
def test_canvas_puts_the_picture_where_gravity_says(gravity: str) -> None:
    found = applied(f"canvas:width=300,height=200,gravity={gravity},colour=#ff00ff", small())
    assert found.shape == (200, 300, 3)
    x = 0 if "west" in gravity else 119 if "east" in gravity else 59
    y = 0 if "north" in gravity else 80 if "south" in gravity else 40
    assert (found[y : y + 120, x : x + 181] == small()).all()
    assert (found == (255, 0, 255)).all(axis=2).sum() >= 300 * 200 - 181 * 120
    cut = applied(f"canvas:width=61,height=60,gravity={gravity}", small())
    x = 0 if "west" in gravity else 120 if "east" in gravity else 60
    y = 0 if "north" in gravity else 60 if "south" in gravity else 30
    assert (cut == small()[y : y + 60, x : x + 61]).all()


def test_canvas_of_an_aspect() -> None:
    assert applied("canvas:aspect=1:1", small()).shape == (181, 181, 3)
    assert applied("canvas:aspect=3:1", small()).shape == (120, 360, 3)
    assert applied("canvas:width=200", small()).shape == (120, 200, 3)


@settings(deadline=None)
@given(st.text(max_size=12))
def test_lengths_and_aspects_are_canonical_or_refused(text: str) -> None:
    for canonical in (canonical_length, canonical_aspect):
        with contextlib.suppress(ValueError):
            once = canonical(text)
            assert canonical(once) == once
