"""Filters of colour against Pillow, scikit-image and OpenCV, and by their properties."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageEnhance, ImageOps
from skimage import exposure, filters
from skimage.metrics import structural_similarity

from dpip.errors import Unprocessable
from imaging.colour import rgba
from imaging.parsing import parse_pipeline
from tests.imaging.filter_modes import apply, photograph
from tests.imaging.samples import Array, luma, psnr

COLOUR, GRAY = photograph("colour8"), photograph("gray8")
pictures = arrays(np.uint8, st.sampled_from([(5, 7), (5, 7, 3), (1, 1, 3)])) | arrays(
    np.uint16, st.sampled_from([(4, 6), (4, 6, 3)])
)


def pillow(pixels: Array = COLOUR) -> Image.Image:
    return Image.fromarray(pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1]))


def back(image: Image.Image) -> Array:
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 2 else pixels[..., ::-1]


def furthest(result: Array, wanted: Array) -> float:
    assert result.shape == wanted.shape
    return float(np.abs(result.astype(np.float64) - wanted).max())


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.3, 3.0])
def test_brightness_contrast_and_saturation_are_pillows(factor: float) -> None:
    bright = back(ImageEnhance.Brightness(pillow()).enhance(factor))
    assert furthest(apply(f"brightness:factor={factor}", COLOUR), bright) <= 1
    middle = Image.new("RGB", (320, 240), (128, 128, 128))
    contrast = back(Image.blend(middle, pillow(), factor))
    assert furthest(apply(f"contrast:factor={factor}", COLOUR), contrast) <= 1 + abs(1 - factor) / 2
    colourful = back(ImageEnhance.Color(pillow()).enhance(factor))
    assert furthest(apply(f"saturation:factor={factor}", COLOUR), colourful) <= 1 + abs(1 - factor)


@pytest.mark.parametrize("mode", ["gray8", "colour8", "gray16", "colour16"])
def test_curves_are_scikit_images(mode: str) -> None:
    pixels = photograph(mode)
    top = np.iinfo(pixels.dtype).max
    level = pixels / top
    for gamma in (0.3, 1.5, 4.0):
        wanted = exposure.adjust_gamma(level, 1 / gamma) * top
        assert furthest(apply(f"gamma:gamma={gamma}", pixels), wanted) <= 0.51
        stretched = exposure.rescale_intensity(level, (0.1, 0.85), (0.0, 1.0))
        wanted = exposure.adjust_gamma(stretched, 1 / gamma) * top
        assert furthest(apply(f"levels:black=10,white=85,gamma={gamma}", pixels), wanted) <= 0.51
    wanted = exposure.rescale_intensity(level, (0.5 - 0.5 / 1.7, 0.5 + 0.5 / 1.7), (0.0, 1.0)) * top
    assert furthest(apply("contrast:factor=1.7", pixels), wanted) <= 0.51


def test_invert_is_pillows() -> None:
    assert (apply("invert", COLOUR) == back(ImageOps.invert(pillow()))).all()
    assert (apply("invert", GRAY) == back(ImageOps.invert(pillow(GRAY)))).all()


def test_matrices_are_those_of_the_standard() -> None:
    sepia = (0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0)
    assert furthest(apply("sepia", COLOUR), back(pillow().convert("RGB", sepia))) <= 1
    turned = (0, 0, 1, 0, 0.356, 0.855, -0.211, 0, -0.574, 1.43, 0.144, 0)  # hue-rotate(90deg)
    assert furthest(apply("hue:degrees=90", COLOUR), back(pillow().convert("RGB", turned))) <= 1
    dark = COLOUR // 2  # so that nothing is cut
    half = (apply("sepia", dark).astype(float) + dark) / 2
    assert furthest(apply("sepia:amount=0.5", dark), half) <= 1.5


@pytest.mark.parametrize(("dark", "light"), [("#1b2a5c", "#ffe9c9"), ("white", "black"), ("#f00", "lime")])
def test_duotone_is_pillows_colorize(dark: str, light: str) -> None:
    gray = pillow().convert("L")
    wanted = ImageOps.colorize(gray, rgba(dark)[:3], rgba(light)[:3])
    assert furthest(apply(f"duotone:dark={dark},light={light}", COLOUR), back(wanted)) <= 2
    wanted = ImageOps.colorize(pillow(GRAY), rgba(dark)[:3], rgba(light)[:3])
    assert furthest(apply(f"duotone:dark={dark},light={light}", GRAY), back(wanted)) <= 2


@pytest.mark.parametrize("colour", ["#b5651d", "navy", "#7fa", "black", "white"])
def test_tint_takes_the_colour_and_keeps_the_light(colour: str) -> None:
    for pixels in (COLOUR, GRAY):
        result = apply(f"tint:colour={colour}", pixels)
        wanted = luma(pixels[..., ::-1]) if pixels.ndim == 3 else pixels
        assert furthest(luma(result[..., ::-1]), wanted) <= 1.2
    assert psnr(apply(f"tint:colour={colour},amount=0.25", COLOUR), COLOUR) > 22
    level = round(rgba("#b5651d").luma)
    toned = apply("tint:colour=#b5651d", np.full((2, 2), level, np.uint8))
    assert furthest(toned, np.array([0x1D, 0x65, 0xB5]) * np.ones((2, 2, 3))) <= 2


@pytest.mark.parametrize("cut", [0, 2, 20])
def test_auto_contrast_is_pillows(cut: int) -> None:
    dull = (COLOUR // 2 + 40).astype(np.uint8)
    together = ImageOps.autocontrast(pillow(dull), cutoff=cut, preserve_tone=True)
    assert psnr(apply(f"auto_contrast:cut={cut}", dull), back(together)) > 40
    apart = ImageOps.autocontrast(pillow(dull), cutoff=cut)
    assert psnr(apply(f"auto_contrast:cut={cut},by=channel", dull), back(apart)) > 40


def test_auto_contrast_reaches_black_and_white_in_16_bits() -> None:
    dull = (photograph("gray16") // 3 + 9000).astype(np.uint16)
    result = apply("auto_contrast:cut=0", dull)
    assert (result.min(), result.max()) == (0, 65535)
    assert len(np.unique(result)) == len(np.unique(dull))


def test_equalize_is_opencvs_and_pillows() -> None:
    assert furthest(apply("equalize", GRAY), cv2.equalizeHist(GRAY)) <= 1
    by_channel = apply("equalize:by=channel", COLOUR)
    assert psnr(by_channel, back(ImageOps.equalize(pillow()))) > 40
    fine = photograph("gray16")
    assert psnr(apply("equalize", fine), exposure.equalize_hist(fine, 65536) * 65535, 65535) > 40
    reached = np.cumsum(np.bincount(cv2.cvtColor(apply("equalize", COLOUR), cv2.COLOR_BGR2GRAY).ravel()))
    even = np.linspace(0, 1, len(reached))
    assert np.abs(reached / reached[-1] - even).max() < 0.06


def test_clahe_is_scikit_images_in_16_bits() -> None:
    fine = photograph("gray16")
    wanted = exposure.equalize_adapthist(fine, kernel_size=(30, 40), clip_limit=2 / 256, nbins=256)
    assert structural_similarity(apply("clahe", fine) / 65535, wanted, data_range=1) > 0.97
    opencv = cv2.createCLAHE(2, (2, 2)).apply(GRAY)  # in small tiles its roundings add up
    assert psnr(apply("clahe:tiles=2", fine) / 257, opencv) > 40


def test_clahe_brings_out_what_a_curve_for_all_cannot() -> None:
    shadow = GRAY.copy()
    shadow[:, :160] //= 8
    assert apply("clahe:limit=8", shadow)[:, :160].std() > 2 * apply("auto_contrast", shadow)[:, :160].std()


def light(levels: Array) -> Array:
    level = levels / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def test_gray_world_makes_the_mean_light_gray() -> None:
    cast = np.rint(COLOUR * np.array([0.55, 0.7, 0.8])).astype(np.uint8)
    means = light(apply("white_balance", cast)).mean(axis=(0, 1))
    assert means.max() / means.min() < 1.03
    assert np.ptp(light(cast).mean(axis=(0, 1))) > 0.05


@pytest.mark.parametrize(
    ("kelvin", "seen"),
    [(3000, (255, 180, 107)), (4500, (255, 219, 186)), (10000, (204, 219, 255))],
)
def test_temperature_takes_the_colour_of_that_light_away(kelvin: int, seen: tuple[int, int, int]) -> None:
    """`seen` is how white looks in that light, from published tables of black bodies in sRGB."""
    card = np.full((3, 3, 3), seen[::-1], np.uint8)
    corrected = apply(f"white_balance:temperature={kelvin}", card)[0, 0].astype(int)
    assert np.ptp(corrected) <= 14
    assert np.ptp(card[0, 0].astype(int)) > 45


def test_tint_of_white_balance_goes_from_green_to_magenta() -> None:
    card = np.full((1, 1, 3), 128, np.uint8)
    green, magenta = (apply(f"white_balance:temperature=6500,tint={tint}", card)[0, 0] for tint in (-60, 60))
    assert green[1] > max(green[0], green[2])
    assert magenta[1] < min(magenta[0], magenta[2])


def test_threshold_is_otsus_and_the_local_mean() -> None:
    for pixels in (GRAY, photograph("gray16")):
        top = np.iinfo(pixels.dtype).max
        result = apply("threshold", pixels)
        assert set(np.unique(result)) == {0, top}
        assert ((result > 0) == (pixels > filters.threshold_otsu(pixels, nbins=256))).mean() > 0.995
        fixed = apply("threshold:method=fixed,value=40", pixels)
        assert ((fixed > 0) == (pixels > 0.4 * top)).all()
        local = filters.threshold_local(pixels, 41, "mean", offset=0.03 * top, mode="mirror")
        adaptive = apply("threshold:method=adaptive,window=41,offset=3", pixels)
        assert ((adaptive > 0) == (pixels > local)).mean() > 0.999


@pytest.mark.parametrize("count", [2, 3, 8, 64])
def test_posterize_leaves_so_many_levels_each_the_nearest(count: int) -> None:
    for mode, top in (("colour8", 255), ("colour16", 65535)):
        pixels = photograph(mode)
        result = apply(f"posterize:levels={count}", pixels)
        assert len(np.unique(result)) <= count
        assert furthest(result, pixels) <= top / (count - 1) / 2 + 0.51
        assert (apply(f"posterize:levels={count}", result) == result).all()


@given(pictures)
@settings(max_examples=40, deadline=None)
def test_settings_that_change_nothing(pixels: Array) -> None:
    texts = "brightness:factor=1 contrast:factor=1 saturation:factor=1 gamma:gamma=1 levels hue:degrees=0"
    more = "hue:degrees=360 white_balance:temperature=6500 invert|invert"
    for text in (texts + " " + more).split():
        result = pixels
        for step in text.split("|"):
            result = apply(step, result)
        assert (result == pixels).all(), text
    if pixels.dtype == np.uint8:
        assert (apply("posterize:levels=256", pixels) == pixels).all()
    if pixels.ndim == 3:
        for text in ("sepia:amount=0", "tint:amount=0"):
            assert (apply(text, pixels) == pixels).all(), text


@given(st.floats(0.1, 10), st.floats(0, 45), st.floats(55, 100), st.floats(0, 10))
@settings(max_examples=30, deadline=None)
def test_curves_never_turn_back(gamma: float, black: float, white: float, factor: float) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for text in (
        f"gamma:gamma={gamma}",
        f"levels:black={black},white={white},gamma={gamma}",
        f"contrast:factor={factor}",
        f"brightness:factor={factor}",
    ):
        assert (np.diff(apply(text, ramp).ravel().astype(int)) >= 0).all()


def test_hue_keeps_gray_and_three_thirds_come_round() -> None:
    gray = np.dstack((GRAY, GRAY, GRAY))
    assert furthest(apply("hue:degrees=77", gray), gray) <= 1
    soft = (COLOUR // 3 + 85).astype(np.uint8)
    turned = soft
    for _ in range(3):
        turned = apply("hue:degrees=120", turned)
    assert psnr(turned, soft) > 45


def test_what_contradicts_itself_is_explained() -> None:
    with pytest.raises(Unprocessable, match=r"levels: black \(60\) must be below white \(50\)"):
        parse_pipeline("levels:black=60,white=50")
    with pytest.raises(Unprocessable, match="tint: a colour is #rrggbb"):
        parse_pipeline("tint:colour=reddish")
    assert parse_pipeline("tint:colour=NAVY,amount=1").canonical == "tint:colour=#000080"


def test_every_mode_of_a_choice_differs() -> None:
    for texts in (
        ("auto_contrast", "auto_contrast:by=channel"),
        ("equalize", "equalize:by=channel"),
        ("threshold", "threshold:method=fixed", "threshold:method=adaptive"),
    ):
        for first, second in itertools.combinations(texts, 2):
            assert (apply(first, COLOUR) != apply(second, COLOUR)).any()
