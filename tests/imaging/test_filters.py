"""Grayscale and blur against an independent implementation, in every format, on photographs."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from imaging.gaussian import gaussian
from tests.imaging.samples import (
    FORMATS,
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

LOSSLESS = ("png", "webp", "bmp", "tiff")


@pytest.mark.parametrize("form", FORMATS)
def test_grayscale_is_bt601_luma(form: str) -> None:
    original = saved(rgb(), form)
    result = filtered(original, "grayscale")
    gray = array(result.data)
    assert result.facts.format == form
    assert opened(result.data).mode == ("RGB" if form == "webp" else "L")
    if form == "webp":
        assert (gray == gray[..., :1]).all()
        gray = gray[..., 0]
    wanted = luma(array(original))
    if form == "jpeg":
        assert psnr(gray, wanted) > lossy_psnr(wanted, form) - 0.5
        exact = array(filtered(original, "grayscale", format="png").data)
        assert psnr(exact, wanted) > 50
        assert structural_similarity(gray, wanted, data_range=255) > 0.95
    else:
        assert np.abs(gray - wanted).max() <= 1


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("sigma", [1.0, 3.0, 12.0])
def test_blur_is_a_gaussian(form: str, sigma: float) -> None:
    original = saved(rgb(), form)
    result = filtered(original, "blur", sigma=str(sigma))
    pixels = array(result.data)
    wanted = blurred(array(original), sigma)
    assert opened(result.data).mode == "RGB"
    if form == "jpeg":
        assert psnr(pixels, wanted) > lossy_psnr(wanted, form) - 0.5
        assert structural_similarity(pixels, wanted, data_range=255, channel_axis=2) > 0.97
    else:
        assert np.abs(pixels - wanted).max() < 2
        assert psnr(pixels, wanted) > 55


def test_blur_takes_sigma_three_unless_told() -> None:
    original = saved(rgb(), "png")
    assert filtered(original, "blur").data == filtered(original, "blur", sigma="3").data
    assert filtered(original, "blur").data != filtered(original, "blur", sigma="3.1").data


@pytest.mark.parametrize("sigma", [0.1, 0.7, 2.8, 2.83, 2.9, 3, 5, 5.8, 6, 10, 23, 47, 100])
@pytest.mark.parametrize("size", [(97, 128), (98, 127), (40, 41), (1, 60), (61, 1), (2, 3), (1, 1)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_gaussian_of_any_width_at_any_size_up_to_the_border(
    sigma: float, size: tuple[int, int], kind: type
) -> None:
    top = 65535 if kind is np.uint16 else 255
    pixels = (rgb()[: size[0], : size[1]].astype(np.float64) * top / 255).astype(kind)
    result = gaussian(pixels, sigma)
    assert result.dtype == kind
    assert result.shape == pixels.shape
    difference = np.abs(result.astype(np.float64) - blurred(pixels, sigma))
    assert difference.max() < (2 if kind is np.uint8 else top * 0.006)


def test_gaussian_on_noise_and_edges() -> None:
    """What a photograph has little of: the highest frequencies, and steps from black to white."""
    noise = np.random.default_rng(7).integers(0, 256, (201, 300), dtype=np.uint8)
    step = np.zeros((200, 301), np.uint8)
    step[:, 150:] = 255
    step[100:] = 255 - step[100:]
    for pixels in (noise, step):
        for sigma in (3, 7, 20):
            assert np.abs(gaussian(pixels, sigma) - blurred(pixels, sigma)).max() < 2.5
            assert psnr(gaussian(pixels, sigma), blurred(pixels, sigma)) > 52


def test_filters_run_in_the_order_that_is_given() -> None:
    original = saved(rgb(), "png")
    result = filtered(original, "blur:sigma=4|grayscale")
    assert np.abs(array(result.data) - luma(blurred(array(original), 4))).max() < 2
    assert result.facts.format == "png"


@pytest.mark.parametrize("form", LOSSLESS)
def test_nothing_is_lost_where_only_the_format_changes(form: str) -> None:
    original = rgb()
    result = filtered(saved(original, "png"), "convert", format=form)
    if form == "webp":
        assert (
            psnr(array(result.data), original) > lossy_psnr(original, form) - 0.5
        )  # lossy, as asked for: no quality says lossless
    else:
        assert (array(result.data) == original).all()
    assert result.facts.format == form


@pytest.mark.parametrize("form", ["jpeg", "webp"])
def test_quality_is_heeded(form: str) -> None:
    original = saved(rgb(), "png")
    coarse, fine = (len(filtered(original, "blur", format=form, quality=q).data) for q in ("30", "95"))
    assert coarse * 2 < fine


def test_facts_are_those_of_the_result() -> None:
    result = filtered(saved(rgb(), "jpeg"), "grayscale", format="png")
    image = opened(result.data)
    assert (result.facts.width, result.facts.height) == image.size
    assert result.facts.size_bytes == len(result.data)
    assert result.facts.format == "png"
    assert len(result.facts.sha256) == 64
    assert min(result.timings.decode, result.timings.filter, result.timings.encode) > 0
    assert result.timings.fetch == 0
