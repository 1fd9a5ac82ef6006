"""Blurs and sharpening against SciPy and scikit-image, and by their properties."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import filters, restoration

from dpip.errors import Unprocessable
from imaging import Limits, parse_pipeline, run
from imaging.shape import Shape
from tests.imaging.filter_modes import apply, made, photograph
from tests.imaging.samples import Array, psnr

COLOUR, GRAY = photograph("colour8"), photograph("gray8")
FLAT = ("gray8", "colour8", "gray16", "colour16")


def top_of(pixels: Array) -> int:
    return int(np.iinfo(pixels.dtype).max)


@pytest.mark.parametrize("mode", FLAT)
@pytest.mark.parametrize("radius", [1, 4, 30, 200])
def test_box_blur_is_the_plain_mean(radius: int, mode: str) -> None:
    pixels = photograph(mode)
    side = 2 * radius + 1
    wanted = ndimage.uniform_filter(
        pixels.astype(float), (side, side) + (1,) * (pixels.ndim - 2), mode="mirror"
    )
    assert np.abs(apply(f"box_blur:radius={radius}", pixels) - wanted).max() <= 0.51


@pytest.mark.parametrize("text", ["box_blur:radius=4", "motion_blur:length=9"])
@pytest.mark.parametrize("depth", ["8", "16"])
def test_colours_are_weighted_by_alpha(text: str, depth: str) -> None:
    pixels = photograph("colour+alpha" + depth)
    alpha = pixels[..., 3:].astype(float)
    size = (9, 9, 1) if "box" in text else (1, 9, 1)
    weight = ndimage.uniform_filter(alpha, size, mode="mirror")
    colour = ndimage.uniform_filter(pixels[..., :3] * alpha, size, mode="mirror")
    result = apply(text, pixels)
    assert np.abs(result[..., 3:] - weight).max() <= 0.51
    seen = weight[..., 0] > top_of(pixels) / 255
    assert np.abs(result[seen, :3] - (colour / np.maximum(weight, 1e-9))[seen]).max() <= top_of(pixels) / 255


@pytest.mark.parametrize(
    ("radius", "mode"), [(1, "colour8"), (2, "gray8"), (6, "colour8"), (1, "gray16"), (2, "colour16")]
)
def test_median_is_scipys(radius: int, mode: str) -> None:
    pixels = np.ascontiguousarray(photograph(mode)[:80, :90])
    side = 2 * radius + 1
    wanted = ndimage.median_filter(pixels, (side, side) + (1,) * (pixels.ndim - 2), mode="nearest")
    assert (apply(f"median:radius={radius}", pixels) == wanted).all()


def test_a_wide_median_of_16_bits_says_that_it_works_in_8() -> None:
    data = cv2.imencode(".png", photograph("gray16"))[1].tobytes()
    narrow, wide = (run(data, parse_pipeline(f"median:radius={radius}"), Limits()) for radius in (2, 3))
    assert not narrow.notes
    assert any("median works in 8 bits" in note for note in wide.notes)
    shown = cv2.imdecode(np.frombuffer(wide.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (shown == apply("median:radius=3", GRAY)).all()


def bilateral(pixels: Array, sigma: float, spread: float) -> Array:
    """Its definition, one neighbour after the other, in double precision."""
    reach = round(1.5 * sigma)
    centre = pixels.astype(float).reshape(*pixels.shape[:2], -1)
    wide = np.pad(centre, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    total, weights = np.zeros_like(centre), np.zeros((*pixels.shape[:2], 1))
    for y, x in itertools.product(range(-reach, reach + 1), repeat=2):
        if y * y + x * x <= reach * reach:
            near = np.roll(wide, (y, x), (0, 1))[reach:-reach, reach:-reach]
            unlike = np.abs(near - centre).mean(axis=2, keepdims=True)
            weight = np.exp(-(y * y + x * x) / (2 * sigma**2) - unlike**2 / (2 * spread**2))
            total, weights = total + near * weight, weights + weight
    return (total / weights).reshape(pixels.shape)


@pytest.mark.parametrize("mode", FLAT)
def test_bilateral_is_what_its_formula_says(mode: str) -> None:
    pixels = np.ascontiguousarray(photograph(mode)[:70, :80])
    wanted = bilateral(pixels, 3, 0.1 * top_of(pixels))
    assert psnr(apply("bilateral:sigma=3,range=10", pixels), wanted, top_of(pixels)) > 55


def test_bilateral_keeps_what_a_gaussian_washes_out() -> None:
    rng = np.random.default_rng(5)
    step = np.where(np.arange(80) < 40, 60, 190) * np.ones((60, 1))
    noisy = np.clip(step + rng.normal(0, 6, step.shape), 0, 255).astype(np.uint8)
    kept, washed = apply("bilateral", noisy), apply("blur:sigma=3", noisy)
    assert np.abs(kept - step).max() < 12
    assert np.abs(washed - step).max() > 50
    assert kept[:, :30].std() < noisy[:, :30].std() / 2


@pytest.mark.parametrize("length", [1, 5, 31, 101])
@pytest.mark.parametrize("mode", FLAT)
def test_motion_blur_is_a_mean_along_a_line(length: int, mode: str) -> None:
    pixels = photograph(mode)
    level, upright = (
        ndimage.uniform_filter1d(pixels.astype(float), length, axis=axis, mode="mirror") for axis in (1, 0)
    )
    assert np.abs(apply(f"motion_blur:length={length}", pixels) - level).max() <= 1
    assert np.abs(apply(f"motion_blur:length={length},angle=90", pixels) - upright).max() <= 1


def test_motion_blur_runs_where_its_angle_points() -> None:
    point = np.zeros((61, 61), np.uint8)
    point[30, 30] = 255
    rising = apply("motion_blur:length=20,angle=45", np.repeat(point[..., None], 3, 2))[..., 0]
    rows, columns = np.nonzero(rising > rising.max() / 2)
    assert np.corrcoef(rows, columns)[0, 1] < -0.95  # up is a smaller row
    assert 11 <= np.ptp(columns) <= 15  # 20 times the cosine
    assert (apply("motion_blur:angle=45", GRAY) == apply("motion_blur:angle=-135", GRAY)).all()


@pytest.mark.parametrize("mode", FLAT)
@pytest.mark.parametrize(("sigma", "amount"), [(0.8, 0.5), (1.5, 1.0), (4.0, 2.5)])
def test_unsharp_mask_is_scikit_images(sigma: float, amount: float, mode: str) -> None:
    pixels = photograph(mode)
    top = top_of(pixels)
    planes = np.dsplit(pixels, pixels.shape[2]) if pixels.ndim == 3 else [pixels]
    sharpened = [filters.unsharp_mask(plane.squeeze() / top, sigma, amount) for plane in planes]
    wanted = top * np.stack(sharpened, axis=-1).reshape(pixels.shape)
    result = apply(f"unsharp_mask:sigma={sigma},amount={amount}", pixels)
    inside = (slice(20, -20), slice(20, -20))  # scikit-image mirrors its border otherwise
    assert psnr(result[inside], wanted[inside], top) > 45


def test_unsharp_mask_leaves_what_is_below_its_threshold() -> None:
    blurred = apply("blur:sigma=2", COLOUR)
    sharp = apply("unsharp_mask:sigma=2,threshold=4", COLOUR)
    faint = cv2.absdiff(COLOUR, blurred) <= 0.04 * 255
    assert 0.2 < faint.mean() < 0.99
    assert (sharp[faint] == COLOUR[faint]).all()
    assert (sharp[~faint] == apply("unsharp_mask:sigma=2", COLOUR)[~faint]).all()
    assert (apply("unsharp_mask:amount=0", COLOUR) == COLOUR).all()


def test_denoise_takes_noise_away_as_scikit_images_does() -> None:
    noise = np.random.default_rng(11).normal(0, 10, GRAY.shape)
    for kind, top in ((np.uint8, 255), (np.uint16, 65535)):
        clean = GRAY * (top / 255)
        noisy = np.rint(np.clip(clean + noise * top / 255, 0, top)).astype(kind)
        before = psnr(noisy, clean, top)
        after = psnr(apply("denoise:strength=4", noisy), clean, top)
        theirs = top * restoration.denoise_nl_means(noisy / top, 5, 7, h=0.04, sigma=0.04, fast_mode=True)
        assert after > before + 2
        assert after > psnr(theirs, clean, top) - 1.5


def test_denoise_refuses_what_would_take_minutes() -> None:
    large = Shape(10_000, 7_000, 3, 1)
    with pytest.raises(
        Unprocessable, match="radius of 7 takes pictures up to 60 megapixels, and this has 70"
    ):
        made("denoise").shape_after(large)
    assert made("denoise:radius=5").shape_after(large) == large
