"""Pictures that are not plain RGB: turned, 16 bits, with alpha, gray, palette, CMYK, with profiles."""

from __future__ import annotations

import functools
import io
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageChops, ImageCms

from imaging import Limits, read_header
from tests.imaging.samples import (
    GPS,
    ORIENTATION,
    Array,
    array,
    blurred,
    filtered,
    lossy_psnr,
    luma,
    opened,
    psnr,
    rgb,
    saved,
)

WITH_EXIF = ("jpeg", "png", "webp", "tiff")
WITH_ALPHA = ("png", "webp", "bmp", "tiff")


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[ORIENTATION] = orientation
    block[0x010E] = "at home"  # image description
    block[0x013B] = "Somebody"  # artist
    block.get_ifd(GPS)[1] = "N"
    block.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    return block


def personal(data: bytes) -> dict[int, Any]:
    """Tags of the EXIF block, but for what a TIFF needs for itself."""
    block = opened(data).getexif()
    return {tag: block[tag] for tag in (ORIENTATION, 0x010E, 0x013B, GPS) if tag in block}


@pytest.mark.parametrize("form", WITH_EXIF)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_cleared(form: str, orientation: int) -> None:
    original = saved(rgb(0.05), form, exif=exif(orientation))
    upright = array(original)  # turned by Pillow
    assert upright.shape[:2] == (rgb(0.05).shape[:2] if orientation < 5 else rgb(0.05).shape[1::-1])
    header = read_header(io.BytesIO(original), len(original), Limits())
    assert header.orientation == orientation
    assert (header.oriented_width, header.oriented_height) == upright.shape[1::-1]
    result = filtered(original, "blur:sigma=0.1")
    assert opened(result.data).getexif().get(ORIENTATION, 1) == 1
    assert (result.facts.width, result.facts.height) == upright.shape[1::-1]
    assert psnr(np.asarray(opened(result.data)), upright) > 28
    gray = array(filtered(original, "grayscale").data, "L")
    assert psnr(gray, luma(upright)) > 28


@pytest.mark.parametrize("form", WITH_EXIF)
def test_personal_metadata_is_dropped_unless_asked_for(form: str) -> None:
    original = saved(rgb(0.05), form, exif=exif(6))
    assert 0x013B in personal(original)
    assert GPS in personal(original) or form == "tiff"
    result = filtered(original, "blur")
    assert not {tag: value for tag, value in personal(result.data).items() if tag != ORIENTATION}
    assert b"Somebody" not in result.data


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_metadata_is_kept_when_asked_for(form: str) -> None:
    original = saved(rgb(0.05), form, exif=exif(6))
    result = filtered(original, "blur", keep_metadata="true")
    kept = opened(result.data).getexif()
    assert kept[0x013B] == "Somebody"
    assert kept.get_ifd(GPS)[2] == (52.0, 31.0, 12.0)
    assert kept[ORIENTATION] == 1
    assert array(result.data).shape == array(original).shape


def test_resolution_is_kept_and_turned() -> None:
    for form in ("jpeg", "png", "bmp", "tiff"):
        original = saved(rgb(0.05), form, dpi=(300, 150))
        across, down = opened(filtered(original, "grayscale").data).info["dpi"]
        assert (round(across), round(down)) == (300, 150)
    turned = saved(rgb(0.05), "jpeg", dpi=(300, 150), exif=exif(6))
    assert opened(filtered(turned, "blur").data).info["dpi"] == (150, 300)


def deep(channels: int, form: str) -> tuple[bytes, Array]:
    """16 bits per sample, with values that 8 bits cannot tell apart."""
    colours = rgb(0.05).astype(np.uint16) * 256
    height, width = colours.shape[:2]
    colours += (np.arange(width, dtype=np.uint16) % 200)[None, :, None]
    alpha = np.linspace(20000, 65535, width, dtype=np.uint16)[None, :].repeat(height, 0)
    pixels = {
        1: colours[..., 1],
        3: colours,
        4: np.dstack((colours, alpha)),
    }[channels]
    encoded = cv2.imencode(".png" if form == "png" else ".tif", pixels)[1].tobytes()
    return encoded, pixels


@pytest.mark.parametrize("form", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_survive(form: str, channels: int) -> None:
    original, pixels = deep(channels, form)
    result = filtered(original, "blur")
    back = cv2.imdecode(np.frombuffer(result.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert back.dtype == np.uint16
    assert psnr(back, blurred(pixels, 3), 65535) > 65
    gray = filtered(original, "grayscale")
    back = cv2.imdecode(np.frombuffer(gray.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert back.dtype == np.uint16
    wanted = pixels if channels == 1 else luma(pixels[..., ::-1])
    assert np.abs(back - wanted).max() <= 2
    assert not result.notes


def test_16_bits_with_alpha_survive_in_png() -> None:
    original, pixels = deep(4, "png")
    back = cv2.imdecode(np.frombuffer(filtered(original, "blur").data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert back.dtype == np.uint16
    assert back.shape == pixels.shape
    assert psnr(back, premultiplied_blur(pixels, 3, 65535), 65535) > 60
    gray = filtered(original, "grayscale").data
    header = read_header(io.BytesIO(gray), len(gray), Limits())
    assert (header.bit_depth, header.has_alpha, header.channels) == (16, True, 2)
    back = cv2.imdecode(np.frombuffer(gray, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (back[..., 3] == pixels[..., 3]).all()
    assert np.abs(back[..., 0] - luma(pixels[..., 2::-1])).max() <= 2


def test_16_bit_tiff_with_alpha_goes_round() -> None:
    png, pixels = deep(4, "png")
    tiff = filtered(png, "convert", format="tiff").data
    back = filtered(tiff, "convert", format="png").data
    assert (cv2.imdecode(np.frombuffer(back, np.uint8), cv2.IMREAD_UNCHANGED) == pixels).all()


def test_what_a_format_cannot_hold_is_reduced_and_said() -> None:
    deep_png, pixels = deep(3, "png")
    result = filtered(deep_png, "blur", format="jpeg")
    assert "reduced from 16" in result.notes[0]
    assert psnr(array(result.data), blurred(pixels[..., ::-1] / 257, 3)) > 35
    seen_through = np.dstack((rgb(0.05), np.zeros(rgb(0.05).shape[:2], np.uint8)))
    result = filtered(saved(seen_through, "png"), "grayscale", format="jpeg")
    assert "laid over white" in result.notes[0]
    assert array(result.data).min() > 250


def premultiplied_blur(pixels: Array, sigma: float, top: float) -> Array:
    """In double precision: colours weighted by alpha, and divided by it again."""
    source = pixels.astype(np.float64)
    alpha = source[..., -1:] / top
    mixed = blurred(np.dstack((source[..., :-1] * alpha, alpha)), sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        colours = np.where(mixed[..., -1:] > 0, mixed[..., :-1] / mixed[..., -1:], 0)
    return np.dstack((colours, mixed[..., -1] * top))


@pytest.mark.parametrize("form", WITH_ALPHA)
def test_blur_leaves_no_dark_fringes(form: str) -> None:
    """A red disc on black that cannot be seen: blurred, whatever is seen of it is red."""
    rows, columns = np.mgrid[:120, :160]
    inside = (rows - 60) ** 2 + (columns - 80) ** 2 < 40**2
    pixels = np.zeros((120, 160, 4), np.uint8)
    pixels[inside] = (250, 30, 20, 255)
    result = array(filtered(saved(pixels, form), "blur", sigma="5").data, "RGBA")
    edge = (result[..., 3] > 20) & (result[..., 3] < 235)
    assert edge.sum() > 1000
    assert (np.abs(result[edge][:, :3].astype(int) - (250, 30, 20)) <= 4).all()
    assert np.abs(result[..., 3] - premultiplied_blur(pixels, 5, 255)[..., 3]).max() < 1.5


@pytest.mark.parametrize("form", WITH_ALPHA)
def test_alpha_survives_both_filters(form: str) -> None:
    colours = rgb(0.05)
    height, width = colours.shape[:2]
    alpha = np.linspace(0, 255, width, dtype=np.uint8)[None, :].repeat(height, 0)
    original = saved(np.dstack((colours, alpha)), form)
    gray = array(filtered(original, "grayscale").data, "LA")
    assert (gray[..., 1] == alpha).all()
    seen = alpha > 0  # WebP need not keep colours that cannot be seen
    assert np.abs(gray[..., 0] - luma(colours))[seen].max() <= 1
    result = array(filtered(original, "blur").data, "RGBA")
    wanted = premultiplied_blur(np.dstack((colours, alpha)), 3, 255)
    seen = wanted[..., 3] > 16
    assert np.abs(result - wanted)[seen].max() < 3


@pytest.mark.parametrize("form", ["png", "bmp", "tiff", "jpeg"])
def test_gray_stays_gray(form: str) -> None:
    gray = np.rint(luma(rgb(0.05))).astype(np.uint8)
    original = saved(gray, form)
    for filter_ in ("grayscale", "blur"):
        result = filtered(original, filter_).data
        assert opened(result).mode == "L"
        wanted = array(original) if filter_ == "grayscale" else blurred(array(original), 3)
        floor = lossy_psnr(wanted, form) - 0.5 if form == "jpeg" else 55
        assert psnr(array(result), wanted) > floor


def test_gray_with_alpha_stays_so_in_png() -> None:
    pixels = np.dstack((rgb(0.05)[..., 1], rgb(0.05)[..., 0]))
    result = filtered(saved(pixels, "png"), "grayscale").data
    assert opened(result).mode == "LA"
    assert (array(result) == pixels).all()
    assert opened(filtered(saved(pixels, "png"), "blur").data).mode == "LA"


def test_a_transparent_gray_value_becomes_alpha() -> None:
    gray = rgb(0.05)[..., 1].copy()
    gray[10:40, 10:40] = 77
    result = array(filtered(saved(gray, "png", transparency=77), "grayscale").data)
    assert (result[..., 1] == np.where(gray == 77, 0, 255)).all()


@pytest.mark.parametrize("form", ["png", "bmp", "tiff"])
def test_palettes_are_read(form: str) -> None:
    palette = Image.fromarray(rgb(0.05)).quantize(64)
    original = saved(palette, form)
    result = array(filtered(original, "blur").data)
    assert psnr(result, blurred(np.asarray(palette.convert("RGB")), 3)) > 55


def test_a_palette_with_transparency_keeps_it() -> None:
    palette = Image.fromarray(rgb(0.05)).quantize(16)
    original = saved(palette, "png", transparency=3)
    wanted = np.asarray(opened(original).convert("RGBA"))
    assert (array(filtered(original, "grayscale").data)[..., 1] == wanted[..., 3]).all()


def test_one_bit_pictures_are_read() -> None:
    bits = Image.fromarray(rgb(0.05)).convert("1")
    for form in ("png", "bmp", "tiff"):
        result = array(filtered(saved(bits, form), "blur").data, "L")
        assert psnr(result, blurred(np.asarray(bits.convert("L")), 3)) > 52


@pytest.mark.parametrize("form", ["jpeg", "tiff"])
def test_cmyk_becomes_rgb(form: str) -> None:
    original = saved(Image.fromarray(rgb(0.05)).convert("CMYK"), form)
    result = filtered(original, "blur:sigma=0.1").data
    assert opened(result).mode == "RGB"
    wanted = array(original, "RGB")
    assert psnr(array(result), wanted) > (lossy_psnr(wanted, form) - 0.5 if form == "jpeg" else 55)


@functools.cache  # it holds the time of its making
def profile(name: str = "sRGB") -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


@pytest.mark.parametrize("form", WITH_EXIF)
def test_the_profile_is_kept(form: str) -> None:
    original = saved(rgb(0.05), form, icc_profile=profile())
    assert opened(filtered(original, "blur").data).info["icc_profile"] == profile()


def test_a_large_profile_is_kept_in_jpeg() -> None:
    icc = profile() + np.random.default_rng(1).bytes(200_000)
    original = saved(rgb(0.05), "jpeg", icc_profile=icc)
    assert opened(filtered(original, "blur").data).info["icc_profile"] == icc


@pytest.mark.parametrize("form", ["jpeg", "png", "tiff"])
def test_gray_of_a_profiled_picture_has_a_gray_profile_of_its_tone(form: str) -> None:
    original = saved(rgb(0.05), form, icc_profile=profile())
    result = opened(filtered(original, "grayscale").data)
    icc = ImageCms.ImageCmsProfile(io.BytesIO(result.info["icc_profile"]))
    assert icc.profile.xcolor_space.strip() == "GRAY"
    shown = ImageCms.profileToProfile(result, icc, ImageCms.createProfile("sRGB"), outputMode="RGB")
    shown_pixels = np.asarray(shown).astype(int)
    assert np.abs(shown_pixels - np.asarray(result)[..., None]).max() <= 2  # sRGB's tone in, sRGB's out


def test_a_broken_profile_or_exif_does_no_harm() -> None:
    original = saved(
        rgb(0.05), "jpeg", icc_profile=b"nonsense" * 40, exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"
    )
    assert array(filtered(original, "grayscale", keep_metadata="yes").data).shape == rgb(0.05).shape[:2]


def test_png_colour_chunks_stay() -> None:
    from imaging.containers.png import chunk_bytes  # noqa: PLC0415

    plain = saved(rgb(0.05), "png")
    gamma = chunk_bytes(b"gAMA", (45455).to_bytes(4, "big"))
    result = filtered(plain[:33] + gamma + plain[33:], "blur").data
    assert gamma in result
    assert opened(result).info["gamma"] == pytest.approx(0.45455)


def test_chroma_stays_full_where_it_was() -> None:
    for subsampling, wanted in ((0, False), (2, True)):
        result = filtered(saved(rgb(0.05), "jpeg", subsampling=subsampling), "blur").data
        assert read_header(io.BytesIO(result), len(result), Limits()).subsampled is wanted


def test_webp_stays_lossless_where_it_was() -> None:
    for lossless in (True, False):
        result = filtered(saved(rgb(0.05), "webp", lossless=lossless), "blur").data
        assert read_header(io.BytesIO(result), len(result), Limits()).lossless is lossless


def ycck(inks: Image.Image) -> bytes:
    """A JPEG of four inks, three of them stored as light and colour differences, as Photoshop does it.

    Pillow writes inks as they are (transform 0): given the differences instead, only the mark is wrong.
    """
    colours, black = inks.split()[:3], inks.split()[3]
    parts = Image.merge("RGB", colours).convert("YCbCr").split()
    stored = Image.merge("CMYK", (*(ImageChops.invert(part) for part in parts), black))
    data = bytearray(saved(stored, "jpeg", subsampling=0))
    mark = data.index(b"Adobe")
    assert data[mark + 11] == 0
    data[mark + 11] = 2
    return bytes(data)


@pytest.mark.parametrize(
    "filter_", ["convert:format=png", "blur:sigma=1|convert:format=png", "grayscale", "flip"]
)
def test_ycck_is_what_the_same_inks_are(filter_: str) -> None:
    three = 255 - rgb(0.05)
    inks = Image.fromarray(np.dstack((three, three[..., :2].mean(axis=2) // 3)).astype(np.uint8), "CMYK")
    data = ycck(inks)
    assert opened(data).info["adobe_transform"] == 2
    made, wanted = filtered(data, filter_), filtered(saved(inks, "tiff"), filter_)
    mode = "L" if filter_ == "grayscale" else "RGB"
    assert psnr(array(made.data, mode), array(wanted.data, mode)) > 32
    if filter_.startswith("convert"):
        assert psnr(array(made.data), np.asarray(inks.convert("RGB"))) > 35
    assert made.facts.format == ("jpeg" if "png" not in filter_ else "png")
