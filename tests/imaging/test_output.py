"""How results are stored: lossless, progressive, and what contradicts itself."""

from __future__ import annotations

import numpy as np
import pytest

from dpip.errors import Unprocessable
from imaging import parse_pipeline, turbo
from tests.imaging.samples import array, filtered, opened, psnr, rgb, saved


def test_lossless_is_lossless_and_can_be_refused() -> None:
    original = saved(rgb(), "webp")  # lossless
    assert (array(filtered(original, "flip", lossless="true").data) == rgb()[:, ::-1]).all()
    assert (array(filtered(original, "flip").data) == rgb()[:, ::-1]).all(), "as the original was"
    lossy = filtered(original, "flip", lossless="false").data
    assert 30 < psnr(array(lossy), rgb()[:, ::-1]) < 60
    of_png = filtered(saved(rgb(), "png"), "convert:format=webp,lossless=true")
    assert (array(of_png.data) == rgb()).all()


@pytest.mark.parametrize("pixels", [rgb(), rgb()[..., 1]], ids=["colour", "gray"])
def test_progressive_shows_the_same_picture(pixels) -> None:  # type: ignore[no-untyped-def]
    original = saved(pixels, "png")
    plain = filtered(original, "convert:format=jpeg").data
    progressive = filtered(original, "convert:format=jpeg,progressive=true").data
    assert "progressive" not in opened(plain).info
    assert opened(progressive).info["progressive"]
    assert (array(plain) == array(progressive)).all()
    assert len(progressive) < len(plain)


@pytest.mark.parametrize(
    "filter_", ["convert", "grayscale", "flip", "rotate:angle=90", "blur", "resize:width=64", "invert|sepia"]
)
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("turbo_there", [True, False])
def test_a_progressive_jpeg_stays_so(
    filter_: str, gray: bool, turbo_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not turbo_there:
        monkeypatch.setattr(turbo, "_library", lambda: None)
    pixels = np.ascontiguousarray(rgb()[:160, :240, 1] if gray else rgb()[:160, :240])
    progressive, baseline = saved(pixels, "jpeg", progressive=True), saved(pixels, "jpeg")
    made = filtered(progressive, filter_).data
    assert opened(made).info.get("progressive")
    of_baseline = filtered(baseline, filter_).data
    assert not opened(of_baseline).info.get("progressive")
    assert (array(made) == array(of_baseline)).all(), "the same picture"
    unlike = filtered(progressive, filter_, progressive="false").data
    assert not opened(unlike).info.get("progressive")


@pytest.mark.skipif(not turbo.available(), reason="libturbojpeg is not installed here")
def test_a_jpeg_becomes_progressive_without_loss() -> None:
    original = saved(rgb(), "jpeg", quality=60)
    result = filtered(original, "convert:progressive=true")
    assert opened(result.data).info.get("progressive")
    assert (array(result.data) == array(original)).all()
    back = filtered(result.data, "convert:progressive=false")
    assert (array(back.data) == array(original)).all()


def test_a_jpeg_becomes_progressive_when_asked() -> None:
    original = saved(rgb(), "jpeg")
    for filter_ in ("convert", "grayscale", "blur", "flip"):
        assert opened(filtered(original, filter_, progressive="true").data).info.get("progressive")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("lossless=true,quality=80", "quality or lossless, not both"),
        ("format=jpeg,lossless=true", "jpeg is always lossy"),
        ("progressive=perhaps", "true or false"),
    ],
)
def test_contradictions_are_refused(settings: str, message: str) -> None:
    with pytest.raises(Unprocessable, match=message):
        parse_pipeline(f"convert:{settings}")


@pytest.mark.parametrize("form", ["jpeg", "png"])
@pytest.mark.parametrize(
    ("filter_", "dots"),
    [
        ("rotate|blur", (300, 72)),
        ("rotate:angle=180|blur", (72, 300)),
        ("rotate|flip|rotate|blur", (72, 300)),
    ],
)
def test_resolutions_turn_with_the_picture(form: str, filter_: str, dots: tuple[int, int]) -> None:
    result = filtered(saved(rgb(), form, dpi=(72, 300)), filter_)
    assert tuple(round(value) for value in opened(result.data).info["dpi"]) == dots
