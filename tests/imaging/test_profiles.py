"""Colours by their profile, where the result's format can hold none, against the same in double precision."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import ImageCms

from imaging import profiles
from imaging.coded_colours import CodedColours
from imaging.containers import container_of
from imaging.metadata import Metadata
from imaging.profiles import fitting
from tests.imaging.moving import animated, pictures, seen
from tests.imaging.samples import Array, array, filtered, opened, rgb, saved

PIXELS = np.ascontiguousarray(rgb(0.06)[:96, :128])
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# columns: red, green, blue primary in XYZ, as adapted to D50
_SRGB_TO_XYZ = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.7141]]
)
_P3_TO_XYZ = np.array([[0.51512, 0.29198, 0.1571], [0.2412, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])


def display_p3() -> bytes:
    """sRGB's profile with other primaries: its tone curve is the same."""
    found = bytearray(SRGB)
    (count,) = struct.unpack_from(">I", SRGB, 128)
    for index in range(count):
        name, start, _ = struct.unpack_from(">4sII", SRGB, 132 + 12 * index)
        if name in (b"rXYZ", b"gXYZ", b"bXYZ"):
            column = _P3_TO_XYZ[:, b"rgb".index(name[:1])]
            struct.pack_into(">3i", found, start + 8, *np.rint(column * 65536).astype(int))
    return bytes(found)


def linear_gray() -> bytes:
    tags = profiles._tags(SRGB)
    curve = b"curv" + bytes(8)  # of no points: the identity
    return profiles._written(SRGB, b"GRAY", {b"desc": tags[b"desc"], b"wtpt": tags[b"wtpt"], b"kTRC": curve})


def stored_in(data: bytes) -> Array:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))


def light(levels: Array) -> Array:
    level = levels / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def stored(amounts: Array) -> Array:
    amounts = np.clip(amounts, 0, 1)
    return 255 * np.where(amounts <= 0.0031308, amounts * 12.92, 1.055 * amounts ** (1 / 2.4) - 0.055)


def in_srgb(pixels: Array) -> Array:
    """Of Display P3."""
    return stored(light(pixels) @ (np.linalg.inv(_SRGB_TO_XYZ) @ _P3_TO_XYZ).T)


@pytest.mark.parametrize("target", ["bmp", "pnm"])
@pytest.mark.parametrize("source", ["png", "tiff"])
def test_colours_are_converted_where_their_profile_cannot_be_stored(source: str, target: str) -> None:
    result = filtered(saved(PIXELS, source, icc_profile=display_p3()), "convert", format=target)
    assert np.abs(array(result.data) - in_srgb(PIXELS)).max() <= 2
    assert any("converted to sRGB" in note for note in result.notes)


def test_alpha_goes_along() -> None:
    pixels = np.dstack((PIXELS, PIXELS[..., 0]))
    found = array(filtered(saved(pixels, "png", icc_profile=display_p3()), "convert", format="bmp").data)
    assert (found[..., 3] == pixels[..., 3]).all()
    assert np.abs(found[..., :3] - in_srgb(PIXELS)).max() <= 2


def test_gray_goes_by_its_tone() -> None:
    gray = np.ascontiguousarray(PIXELS[..., 1])
    result = filtered(saved(gray, "png", icc_profile=linear_gray()), "convert", format="bmp")
    assert np.abs(array(result.data, "L") - stored(gray / 255)).max() <= 1
    of_colour = filtered(saved(PIXELS, "png", icc_profile=display_p3()), "grayscale|convert:format=pnm")
    assert not of_colour.notes  # the tone of Display P3 is that of sRGB


def test_frames_are_converted_too() -> None:
    frames = pictures(2)
    data = animated("png", frames, icc_profile=display_p3())
    moving = filtered(data, "convert", format="gif")
    for found, frame in zip(seen(moving.data, "RGB"), frames, strict=True):
        wanted = in_srgb(frame).mean(axis=(0, 1))
        assert np.abs(found.mean(axis=(0, 1)) - wanted).max() < 1  # 256 colours, with errors diffused
        assert np.abs(frame.mean(axis=(0, 1)) - wanted).max() > 3
    assert sum("converted to sRGB" in note for note in moving.notes) == 1


@pytest.mark.parametrize("target", ["bmp", "pnm"])
def test_what_is_as_good_as_srgb_stays_as_it_is(target: str) -> None:
    result = filtered(saved(PIXELS, "png", icc_profile=SRGB), "convert", format=target)
    assert (array(result.data) == PIXELS).all()
    assert not result.notes


def test_what_cannot_be_converted_is_said() -> None:
    """16 bits, which stay so; and a profile that is none."""
    deep = cv2.imencode(".png", PIXELS[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    deep = container_of("png").with_metadata(deep, Metadata(icc=display_p3()))
    broken = saved(PIXELS, "png", icc_profile=SRGB[:128] + bytes(len(SRGB) - 128))
    for original in (deep, broken):
        result = filtered(original, "convert", format="pnm")
        assert (stored_in(result.data) == stored_in(original)).all()
        assert any("it was left out" in note for note in result.notes)


def test_a_profile_that_fits_is_stored_and_pixels_stay() -> None:
    result = filtered(saved(PIXELS, "png", icc_profile=display_p3()), "convert", format="tiff")
    assert (array(result.data) == PIXELS).all()
    assert ImageCms.ImageCmsProfile(io.BytesIO(display_p3())).profile.xcolor_space.strip() == "RGB"
    assert fitting(display_p3(), gray=False) == display_p3()


def coded(form: str, primaries: int, transfer: int) -> bytes:
    """A file that tells its colours by code points."""
    code = CodedColours(primaries, transfer)
    if form == "png":
        return container_of("png").with_metadata(saved(PIXELS, "png"), Metadata(coded=code))
    depth = [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 95]
    made = cv2.imencode(".avif", PIXELS[..., ::-1].astype(np.uint16) * 4, depth)[1].tobytes()
    assert b"nclx" + struct.pack(">HH", 1, 13) in made
    return container_of("avif").with_metadata(made, Metadata(coded=code))


@pytest.mark.parametrize("form", ["png", "avif"])
def test_codes_become_a_profile_that_says_the_same(form: str) -> None:
    original = coded(form, 12, 13)
    plain = saved(PIXELS, "png") if form == "png" else filtered(original, "convert:format=png").data
    result = opened(filtered(original, "convert", format="tiff").data)
    icc = ImageCms.ImageCmsProfile(io.BytesIO(result.info["icc_profile"]))
    shown = ImageCms.profileToProfile(result.convert("RGB"), icc, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(shown) - in_srgb(array(plain, "RGB"))).max() <= 3
    assert opened(filtered(original, "grayscale|convert:format=jpeg").data).info["icc_profile"]
    bmp = filtered(original, "convert:format=bmp")
    assert np.abs(array(bmp.data) - in_srgb(array(plain, "RGB"))).max() <= 3 or form == "avif"  # of 16 bits


@pytest.mark.parametrize("form", ["png", "avif"])
@pytest.mark.parametrize("code", [(9, 16), (9, 18), (12, 13)])
def test_codes_are_kept_where_they_can_be(form: str, code: tuple[int, int]) -> None:
    original = coded(form, *code)
    avif, png = (filtered(original, "blur:sigma=1", format=target) for target in ("avif", "png"))
    assert b"nclx" + struct.pack(">HH", *code) in avif.data
    assert b"cICP" + bytes((*code, 0, 1)) in png.data
    for result in (avif, png):
        assert not any("pale" in note for note in result.notes)
        with opened(result.data) as image:
            assert image.size == PIXELS.shape[1::-1]


@pytest.mark.parametrize("target", ["jpeg", "webp", "tiff", "gif", "pnm"])
def test_high_dynamic_range_that_cannot_be_told_is_said(target: str) -> None:
    result = filtered(coded("avif", 9, 16), "convert", format=target)
    assert any("(BT.2020, PQ): they will look pale" in note for note in result.notes)
    assert not any("pale" in note for note in filtered(coded("avif", 1, 13), "convert", format=target).notes)
