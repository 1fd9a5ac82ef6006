"""Watermarks, redaction, border and vignette: what they cover, and what they leave alone."""

from __future__ import annotations

import base64
import functools
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from dpip.errors import Unprocessable
from imaging import parse_pipeline, pipeline_from_json
from imaging.embedded import MAX_BYTES
from imaging.picture import Picture
from imaging.transparency import filtered as through
from tests.imaging.samples import Array, filtered, opened, rgb, saved


@functools.lru_cache(maxsize=1)
def photo() -> Array:
    return np.ascontiguousarray(rgb()[100:300, 150:450])  # 200 high, 300 wide


def applied(pipeline: str, pixels: Array, /, **parameters: str) -> Array:
    [filter_] = parse_pipeline(pipeline, parameters).filters
    return np.asarray(through(filter_, Picture(np.ascontiguousarray(pixels))).pixels)


def box_of(changed: Array) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is true."""
    x, y, width, height = cv2.boundingRect(changed.astype(np.uint8))
    return x, y, x + width, y + height


def encoded(image: Image.Image, form: str = "PNG") -> str:
    buffer = io.BytesIO()
    image.save(buffer, form)
    return base64.b64encode(buffer.getvalue()).decode()


@functools.lru_cache(maxsize=1)
def logo() -> Image.Image:
    """60 x 60 with every alpha: red on the left, blue on the right, fading downwards."""
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[:, :30, 0] = 255
    pixels[:, 30:, 2] = 255
    pixels[..., 3] = np.linspace(255, 0, 60).astype(np.uint8)[:, None]
    return Image.fromarray(pixels)


@pytest.mark.parametrize("gravity", ["northwest", "center", "southeast", "north", "west"])
@pytest.mark.parametrize("kind", ["text", "picture"])
def test_a_mark_stands_where_gravity_says_and_nothing_else_changes(gravity: str, kind: str) -> None:
    place = f"gravity={gravity},margin=10"
    if kind == "text":
        found = applied(f"watermark:{place},opacity=1,shadow=false,size=20", photo(), text="DPIP")
    else:
        found = applied(f"watermark_picture:{place},opacity=1,size=60", photo(), image=encoded(logo()))
    left, top, right, bottom = box_of((found != photo()).any(axis=2))
    assert 20 < right - left <= 80
    assert 10 < bottom - top <= 60
    if "west" in gravity:
        assert 10 <= left <= 12
    if "east" in gravity:
        assert 288 <= right <= 290
    if "north" in gravity:
        assert 10 <= top <= 12
    if "south" in gravity:
        assert 188 <= bottom <= 190
    if gravity == "center":
        assert abs(left + right - 300) <= 4


def test_a_picture_is_laid_over_as_pillow_does() -> None:
    for ground in (
        photo()[..., ::-1],
        np.dstack((photo()[..., ::-1], np.full(photo().shape[:2], 90, np.uint8))),
        np.dstack((photo()[..., ::-1], np.tile(np.arange(200, dtype=np.uint8)[:, None], (1, 300)))),
    ):
        found = applied(
            "watermark_picture:gravity=northwest,margin=20,opacity=1,size=60", ground, image=encoded(logo())
        )
        order = cv2.COLOR_BGR2RGBA if ground.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        wanted = Image.fromarray(cv2.cvtColor(np.ascontiguousarray(ground), order))
        wanted.alpha_composite(logo(), (20, 20))
        ours = cv2.cvtColor(found, order).astype(float)
        theirs = np.asarray(wanted).astype(float)
        assert np.abs(ours - theirs)[..., 3].max() <= 1
        seen = theirs[..., 3:] / 255  # of what is hardly seen the colour hardly matters
        assert (np.abs(ours - theirs)[..., :3] * seen).max() <= 2


def test_opacity_and_depth() -> None:
    text = "watermark:text=I,opacity={},shadow=false,size=80%,gravity=center"
    black = np.zeros((100, 100, 3), np.uint8)
    assert applied(text.format(1), black).max() == 255
    assert 126 <= applied(text.format(0.5), black).max() <= 129
    deep = applied(text.format(0.5), black.astype(np.uint16))
    assert deep.dtype == np.uint16
    assert 32400 <= deep.max() <= 33200
    red = applied(text.format(1) + ",colour=#ff0000", black)
    assert red.reshape(-1, 3).max(axis=0).tolist() == [0, 0, 255]
    assert applied(text.format(1) + ",colour=#ff0000", black[..., 0]).max() == 76, "gray stays gray"


def test_a_shadow_makes_white_seen_on_white() -> None:
    white = np.full((100, 200, 3), 255, np.uint8)
    assert (applied("watermark:text=here,size=30,shadow=false,opacity=1", white) == 255).all()
    assert (applied("watermark:text=here,size=30,opacity=1", white) < 200).any()


def test_a_mark_shows_on_what_is_transparent() -> None:
    clear = np.zeros((100, 200, 4), np.uint8)
    found = applied("watermark:text=here,size=40,opacity=1,shadow=false,gravity=center", clear)
    assert found[..., 3].max() == 255
    assert (found[found[..., 3] > 0][:, :3] >= 254).all(), "its own colour, not darkened"
    assert found[0, 0].tolist() == [0, 0, 0, 0]


def test_tiles_are_everywhere() -> None:
    found = applied("watermark:text=draft,tile=true,rotation=-30,size=16", photo())
    changed = (found != photo()).any(axis=2)
    for y in range(0, 200, 50):
        for x in range(0, 300, 75):
            assert changed[y : y + 50, x : x + 75].any()
    assert 0.05 < changed.mean() < 0.7


@pytest.mark.parametrize("text", ["Größe © 2026", "Привет", "Ελλάδα", "日本語"])
def test_letters_beyond_ascii_are_drawn(text: str) -> None:
    black = np.zeros((60, 400), np.uint8)
    found = applied("watermark:size=40,opacity=1,shadow=false", black, text=text)
    missing = applied("watermark:size=40,opacity=1,shadow=false", black, text="\U00013000" * len(text))
    assert (found > 128).sum() > 200
    assert (found != missing).any()


@pytest.mark.parametrize("size", ["1", "400%", "5000"])
def test_marks_are_made_to_fit(size: str) -> None:
    for pixels in (photo(), photo()[:1, :1], photo()[:, :2]):
        assert applied("watermark", pixels, text="a long text " * 8, size=size).shape == pixels.shape
        found = applied("watermark_picture:rotation=45,tile=true", pixels, image=encoded(logo()), size=size)
        assert found.shape == pixels.shape


@pytest.mark.parametrize("text", ["two\nlines", "\x00", "   "])
def test_what_is_no_line_of_text(text: str) -> None:
    with pytest.raises(Unprocessable, match="one line of letters"):
        pipeline_from_json([{"filter": "watermark", "text": text}])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_pictures_in_a_pipeline_have_one_canonical_form(form: str) -> None:
    image = encoded(logo().convert("RGB"), form)
    wrapped = f"data:image/{form.lower()};base64,{image[:50]}\n {image[50:]}"
    pipeline = parse_pipeline("watermark_picture", {"image": wrapped})
    assert pipeline == parse_pipeline(f"watermark_picture:image={image}")
    assert parse_pipeline(pipeline.canonical) == pipeline


def noise(side: int) -> Image.Image:
    random = np.random.default_rng(1)
    return Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("not base64!", "base64 of a PNG, JPEG or WebP"),
        (base64.b64encode(b"GIF89a, or so").decode(), "cannot be used|PNG, JPEG or WebP"),
        (encoded(logo().convert("RGB"), "BMP"), "this one is BMP"),
        (encoded(noise(74)), f"at most {MAX_BYTES:,} bytes"),
        (encoded(Image.new("L", (3000, 2000)), "PNG"), "cannot be used: .* at most 4 megapixels"),
    ],
)
def test_pictures_that_are_not_taken(image: str, message: str) -> None:
    with pytest.raises(Unprocessable, match=message):
        parse_pipeline("watermark_picture", {"image": image})


def test_a_broken_picture_in_a_pipeline_is_refused_when_it_is_used() -> None:
    data = bytearray(base64.b64decode(encoded(noise(40))))
    data[60:-30] = bytes(len(data) - 90)
    broken = base64.b64encode(data).decode()
    with pytest.raises(Unprocessable, match="cannot be decoded"):
        filtered(saved(photo(), "png"), "watermark_picture", image=broken)


REGIONS = "20 30 60 40; 50% 50% 25% 50%"
PARTS = (np.s_[30:70, 20:80], np.s_[100:200, 150:225])


@pytest.mark.parametrize("mode", ["fill", "pixelate", "blur"])
@pytest.mark.parametrize("kind", ["8", "16", "gray", "alpha"])
def test_redact_hides_its_regions_and_nothing_else(mode: str, kind: str) -> None:
    pixels = {
        "8": photo(),
        "16": photo().astype(np.uint16) * 257,
        "gray": photo()[..., 1],
        "alpha": np.dstack((photo(), photo()[..., 1])),
    }[kind]
    found = applied(f"redact:regions={REGIONS},mode={mode},strength=20", pixels)
    outside = np.ones(pixels.shape[:2], bool)
    for part in PARTS:
        outside[part] = False
        assert sharpness(found[part]) < 0.2 * sharpness(pixels[part])
        if mode == "fill":
            assert len(np.unique(found[part].reshape(-1, *found.shape[2:]), axis=0)) == 1
        if mode == "pixelate":
            blocks = np.unique(found[part].reshape(-1, *found.shape[2:]), axis=0)
            assert len(blocks) <= 4 * 5
    assert (found[outside] == pixels[outside]).all()


def sharpness(part: Array) -> float:
    """Of what is seen: the mean difference of neighbours."""
    return float(np.abs(np.diff(part.astype(float), axis=1)).mean())


def test_what_is_outside_of_a_region_has_no_say_in_it() -> None:
    other = photo().copy()
    other[:30], other[70:], other[:, :20], other[:, 80:] = 0, 255, 0, 255
    for mode in ("fill", "pixelate", "blur"):
        text = f"redact:regions=20 30 60 40,mode={mode}"
        assert (applied(text, photo())[PARTS[0]] == applied(text, other)[PARTS[0]]).all()


def test_fill_hides_whatever_its_colour_says() -> None:
    found = applied(
        "redact:regions=0 0 10 10,mode=fill,colour=#ff000000", np.dstack((photo(), photo()[..., 0]))
    )
    assert found[0, 0].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ("900 10 20 20", "lies outside"),
        ("10 10 20 20; 0 500 20 20", "0 500 20 20 lies outside"),
        ("10 10 20", "x, y, width and height"),
        ("", "x, y, width and height"),
        ("; ".join(["1 1 1 1"] * 101), "at most 100"),
        ("a b c d", "a length is pixels"),
        ("-5 0 10 10", "a length is pixels"),
    ],
)
def test_regions_that_hide_nothing_are_refused(regions: str, message: str) -> None:
    with pytest.raises(Unprocessable, match=message):
        filtered(saved(photo(), "png"), "redact", regions=regions)


def test_regions_as_lists_of_numbers() -> None:
    of_lists = pipeline_from_json([{"filter": "redact", "regions": [[1, 2, 3.5, 4], ["50%", 0, "10%", 9]]}])
    assert of_lists.canonical == "redact:regions=1 2 3.5 4; 50% 0 10% 9"


def test_border() -> None:
    found = applied("border:thickness=7,colour=#112233", photo())
    assert found.shape == (214, 314, 3)
    assert (found[7:-7, 7:-7] == photo()).all()
    assert (np.vstack((found[:7], found[-7:])) == (0x33, 0x22, 0x11)).all()
    inside = applied("border:thickness=5%,inside=true", photo())
    assert inside.shape == photo().shape
    assert (inside[10:-10, 10:-10] == photo()[10:-10, 10:-10]).all()
    assert not inside[:10].any()
    assert not inside[:, -10:].any()
    clear = applied("border:thickness=3,colour=transparent,inside=true", photo())
    assert (clear[0, 0, 3], clear[100, 100, 3]) == (0, 255)
    assert applied("border:thickness=500,inside=true", photo()).shape == photo().shape


def test_vignette_is_its_formula() -> None:
    found = applied("vignette:strength=0.8,radius=0.3,softness=0.5", photo())
    y, x = np.mgrid[-1:1:200j, -1:1:300j]
    u = ((np.hypot(x, y) / np.sqrt(2) - 0.3) / 0.5).clip(0, 1)
    share = 0.8 * (3 * u**2 - 2 * u**3)
    assert np.abs(found - photo() * (1 - share[..., None])).max() <= 1
    assert (found[80:120, 120:180] == photo()[80:120, 120:180]).all()
    white = applied("vignette:strength=1,colour=white", photo())
    assert (white[0, 0] == 255).all()


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "tiff"])
def test_composed_pictures_are_stored(form: str) -> None:
    result = filtered(saved(photo(), form), "border:thickness=10|watermark:text=a, b".replace(", ", " "))
    assert opened(result.data).size == (320, 220)
    assert result.facts.format == form
