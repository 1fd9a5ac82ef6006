"""What holds for every filter: in every mode, at every extreme, with whatever lies under transparency."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from dpip.errors import Refused
from imaging.extension import extended
from imaging.filters import FILTERS
from imaging.filters.base import Alpha
from imaging.picture import Picture
from imaging.shape import Shape
from imaging.transparency import filtered
from tests.imaging.filter_modes import EXAMPLES, MODES, NAMES, apply, made, photograph
from tests.imaging.samples import Array, psnr

SIZES = ((1, 1), (1, 9), (8, 1), (2, 3), (33, 40))


def shape_of(pixels: Array) -> Shape:
    picture = Picture(pixels)
    colours = 1 if picture.is_gray else 3
    return Shape(picture.width, picture.height, colours, pixels.itemsize, picture.has_alpha)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", EXAMPLES)
def test_result_is_what_the_filter_says_and_the_given_picture_stays(text: str, mode: str) -> None:
    pixels = photograph(mode)  # cannot be written to
    filter_ = made(text)
    if not filter_.takes_16_bit and mode.endswith("16"):
        pytest.skip("works in 8 bits")
    result = filtered(filter_, Picture(pixels)).pixels
    assert result.dtype == pixels.dtype
    assert shape_of(result) == filter_.shape_after(shape_of(pixels))
    assert filter_.scratch_bytes(shape_of(pixels)) >= 0
    alpha = Picture(pixels).alpha
    if alpha is not None and filter_.traits.alpha is not Alpha.PREMULTIPLIED:
        assert (result[..., -1] == alpha).all()
    shown = Picture(result).colour
    assert shown.max() > shown.min()
    if text.partition(":")[0] not in ("saturation", "hue", "white_balance") or "colour" in mode:
        assert result.shape != pixels.shape or (result != pixels).any()


@pytest.mark.parametrize("kind", ["gray", "colour"])
@pytest.mark.parametrize("text", EXAMPLES)
def test_16_bits_show_what_8_bits_show(text: str, kind: str) -> None:
    if not made(text).takes_16_bit:
        pytest.skip("works in 8 bits")
    fine = apply(text, photograph(kind + "16")) / 257
    coarse = apply(text, photograph(kind + "8"))
    if text == "edges" or text.startswith("threshold"):
        assert (fine == coarse).mean() > 0.98
    else:
        least = {"equalize": 34, "clahe": 30, "denoise": 40}
        assert psnr(fine, coarse) > least.get(text.partition(":")[0], 45)


@pytest.mark.parametrize("text", [text for text in EXAMPLES if "temperature" not in text])
def test_gray_is_filtered_as_colour_without_colours(text: str) -> None:
    gray = photograph("gray8")
    result = apply(text, gray)
    wanted = apply(text, np.dstack((gray, gray, gray)))
    if result.ndim < wanted.ndim:
        result = np.dstack((result, result, result))
    assert psnr(result, wanted) > (37 if text == "denoise" else 48)


@pytest.mark.parametrize("mode", ["gray+alpha8", "colour+alpha8", "colour+alpha16"])
@pytest.mark.parametrize("text", EXAMPLES)
def test_what_lies_under_transparency_does_not_show(text: str, mode: str) -> None:
    if not made(text).takes_16_bit and mode.endswith("16"):
        pytest.skip("works in 8 bits")
    pixels = photograph(mode)
    other = pixels.copy()
    unseen = pixels[..., -1] == 0
    other[unseen, :-1] = np.random.default_rng(3).integers(0, 255, other[unseen, :-1].shape)
    first, second = apply(text, pixels), apply(text, other)
    assert (first[..., -1] == second[..., -1]).all()
    seen = first[..., -1] > 0
    assert (first[seen] == second[seen]).all()


def extremes(name: str) -> Iterator[str]:
    """Each parameter at its ends and each of its choices, alone, and all at the same end."""
    choices: dict[str, list[str]] = {}
    for key, schema in FILTERS[name].model_json_schema()["properties"].items():
        plain = schema.get("anyOf", [schema])[0]
        low = plain.get("minimum", plain.get("exclusiveMinimum"))
        if "enum" in plain:
            choices[key] = plain["enum"]
        elif low is not None:
            choices[key] = [f"{end:g}" for end in (low, plain.get("maximum", plain.get("exclusiveMaximum")))]
        else:
            choices[key] = {
                "matrix": ["-3", " ".join(["1e6"] * 225), ";".join(["1"] * 15)],
            }.get(key, ["black", "#fff"])
    yield name
    for key, values in choices.items():
        yield from (f"{name}:{key}={value}" for value in values)
    for end in (0, -1):
        settings = [f"{key}={values[end]}" for key, values in choices.items()]
        if settings:
            yield f"{name}:" + ",".join(settings)
    methods = choices.get("method", []) + choices.get("by", [])
    for method, end in itertools.product(methods, (0, -1)):
        yield f"{name}:" + ",".join(
            f"{key}={method if key in ('method', 'by') else values[end]}" for key, values in choices.items()
        )


@pytest.mark.parametrize("name", NAMES)
def test_nothing_breaks_at_the_ends_of_the_ranges(name: str) -> None:
    ran = 0
    for text in extremes(name):
        try:
            filter_ = made(text)
        except Refused:  # ends that contradict each other, or are just outside
            continue
        for (height, width), mode in itertools.product(SIZES, ("gray8", "colour16", "colour+alpha8")):
            if not filter_.takes_16_bit and mode.endswith("16"):
                continue
            pixels = np.ascontiguousarray(photograph(mode)[60 : 60 + height, 210 : 210 + width])
            result = filtered(filter_, Picture(pixels)).pixels
            assert result.dtype == pixels.dtype
            assert shape_of(result) == filter_.shape_after(shape_of(pixels))
            ran += 1
    assert ran >= len(SIZES) * 2


@pytest.mark.parametrize("name", NAMES)
def test_even_pictures_stay_even(name: str) -> None:
    for level, shape in itertools.product((0, 77, 255), ((40, 50), (40, 50, 3))):
        result = apply(name, np.full(shape, level, np.uint8))
        assert (result == result[:1, :1]).all()


@pytest.mark.parametrize("name", NAMES)
def test_filters_explain_themselves(name: str) -> None:
    filter_ = FILTERS[name]
    schema = filter_.model_json_schema()
    assert filter_.summary
    assert filter_.summary[0].islower() or filter_.summary.startswith("Otsu")
    assert len(filter_.__doc__ or "") > 40
    for key, described in schema["properties"].items():
        assert described["description"], key
        assert "default" in described, key


@pytest.mark.parametrize("mode", ["gray+alpha8", "colour+alpha16"])
def test_colours_go_on_where_nothing_is_seen(mode: str) -> None:
    picture = Picture(photograph(mode))
    alpha = np.ascontiguousarray(picture.pixels[..., -1])
    colour = np.ascontiguousarray(picture.colour)
    seen = alpha > 0
    colour[~seen] = 0
    result = extended(colour, alpha)
    assert (result[seen] == colour[seen]).all()
    assert result[~seen].min() > 0
    beside = result[41:199, 49].astype(float), colour[41:199, 50].astype(float)
    assert np.abs(beside[0] - beside[1]).mean() < 0.1 * np.iinfo(colour.dtype).max
    assert (extended(colour, np.zeros_like(alpha)) == colour).all()
