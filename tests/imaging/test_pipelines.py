"""The text of pipelines: one canonical form, and refusals that help."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpip.errors import Malformed, Unprocessable
from imaging import Pipeline, catalogue, parse_pipeline, pipeline_from_json
from imaging.families import FAMILIES
from imaging.filters import FILTERS
from imaging.filters.blur import Blur
from imaging.filters.grayscale import Grayscale
from imaging.output import Convert
from imaging.quoting import parted, quoted, unquoted

steps = st.one_of(
    st.just(Grayscale()), st.floats(0.1, 100).map(lambda sigma: Blur(sigma=sigma)), st.just(Blur())
)
outputs = st.builds(
    Convert,
    format=st.sampled_from(["same", "jpeg", "png", "webp", "bmp", "tiff"]),
    quality=st.none() | st.integers(1, 100),
    keep_metadata=st.booleans(),
)


@given(st.lists(steps, max_size=15), outputs)
def test_the_canonical_text_is_read_as_the_same_pipeline(
    filters: list[Blur | Grayscale], output: Convert
) -> None:
    pipeline = Pipeline(tuple(filters), output)
    again = parse_pipeline(pipeline.canonical)
    assert again == pipeline
    assert again.canonical == pipeline.canonical


@pytest.mark.parametrize(
    ("text", "parameters", "canonical"),
    [
        ("grayscale", None, "grayscale"),
        ("blur", {}, "blur"),
        ("  GrayScale ", None, "grayscale"),
        ("blur:sigma=3", None, "blur"),
        ("blur", {"sigma": "5"}, "blur:sigma=5"),
        ("Blur : Sigma = 5.50 | GRAYSCALE", None, "blur:sigma=5.5|grayscale"),
        ("blur", {"format": "PNG", "quality": "80"}, "blur|convert:format=png,quality=80"),
        ("blur|convert:quality=80", {"format": "jpg"}, "blur|convert:format=jpeg,quality=80"),
        ("blur", {"keep_metadata": "yes"}, "blur|convert:keep_metadata=true"),
        ("grayscale|convert", None, "grayscale"),
        ("convert:format=tif", None, "convert:format=tiff"),
        ("convert", None, "convert"),
        ("blur|blur:sigma=2", None, "blur|blur:sigma=2"),
    ],
)
def test_texts_and_their_canonical_form(text: str, parameters: dict[str, str] | None, canonical: str) -> None:
    assert parse_pipeline(text, parameters).canonical == canonical


@pytest.mark.parametrize(
    ("text", "parameters", "message"),
    [
        ("greyscale", None, "did you mean 'grayscale'.*Known: .*blur, .*grayscale"),
        ("sharpen-ish", None, "there is no filter 'sharpen-ish'.*Known: .*blur, .*grayscale"),
        ("", None, "name of a filter is missing"),
        ("blur|", None, "name of a filter is missing"),
        ("blur:sigm=3", None, "no parameter 'sigm'.*did you mean 'sigma'.*blur knows sigma"),
        ("grayscale", {"sigma": "3"}, "no parameter 'sigma'.*grayscale knows none"),
        ("blur:", None, "write blur:sigma=3.0"),
        ("blur:5", None, "'5' is no setting of blur; write blur:sigma="),
        ("blur:sigma=3,sigma=4", None, "says sigma twice"),
        ("blur:sigma=3", {"sigma": "4"}, "given twice"),
        ("blur|blur", {"sigma": "4"}, "2 steps know sigma"),
        ("convert:format=png|blur", None, "only be the last step"),
        ("b" * 24_001, None, "24,001 characters"),
        ('blur:sigma="3', None, "no quoted value"),
        ('blur:sigma="3,4', None, "no quoted value"),
        ('blur:sigma="3" 4', None, "no quoted value"),
    ],
)
def test_what_is_malformed_is_told_how_to_be_right(
    text: str, parameters: dict[str, str] | None, message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        parse_pipeline(text, parameters)


@pytest.mark.parametrize(
    ("text", "parameters", "message"),
    [
        ("blur", {"sigma": "0"}, r"sigma must be a number from 0.1 to 100 \(pixels\), and '0' is not"),
        ("blur:sigma=101", None, "0.1 to 100"),
        ("blur:sigma=-3", None, "0.1 to 100"),
        ("blur:sigma=nan", None, "0.1 to 100"),
        ("blur:sigma=inf", None, "0.1 to 100"),
        ("blur:sigma=much", None, "must be a number"),
        ("blur:sigma=", None, "must be a number"),
        ("blur", {"format": "svg"}, "one of same, jpeg, png, webp, gif, avif, .* and 'svg' is not"),
        ("blur", {"quality": "0"}, "whole number from 1 to 100"),
        ("blur", {"quality": "2.5"}, "whole number from 1 to 100"),
        ("blur", {"keep_metadata": "perhaps"}, "true or false"),
    ],
)
def test_values_out_of_range_are_unprocessable(
    text: str, parameters: dict[str, str] | None, message: str
) -> None:
    with pytest.raises(Unprocessable, match=message):
        parse_pipeline(text, parameters)


@given(st.text(max_size=60), st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2))
def test_any_text_is_a_pipeline_or_refused(text: str, parameters: dict[str, str]) -> None:
    with contextlib.suppress(Malformed, Unprocessable):
        pipeline = parse_pipeline(text, parameters)
        assert parse_pipeline(pipeline.canonical) == pipeline


def test_the_catalogue_has_ranges_units_and_defaults() -> None:
    by_name = {description.name: description for description in catalogue()}
    assert sorted(by_name) == sorted([*FILTERS, "convert"])
    assert list(by_name) == [name for names in FAMILIES.values() for name in names]
    assert all(description.origin == "dpip" and not description.problem for description in by_name.values())
    sigma = by_name["blur"].parameters["properties"]["sigma"]
    assert (sigma["minimum"], sigma["maximum"], sigma["default"], sigma["unit"]) == (0.1, 100, 3, "pixels")
    assert by_name["grayscale"].parameters["properties"] == {}
    assert all(description.summary for description in by_name.values())


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.sampled_from("|,"))
def test_quoted_values_are_read_as_they_were_written(values: list[str], separator: str) -> None:
    values = [value.strip() if quoted(value) == value else value for value in values]
    text = separator.join(f"key={quoted(value)}" for value in values)
    parts = parted(text, separator)
    assert [unquoted(part.removeprefix("key=")) for part in parts] == values


def test_a_value_may_hold_what_parts_settings() -> None:
    pipeline = parse_pipeline('watermark:text="a, b | c: \\"d\\"",size=9%|blur')
    assert pipeline.filters[0].text == 'a, b | c: "d"'  # type: ignore[attr-defined]
    assert pipeline == parse_pipeline("watermark|blur", {"text": 'a, b | c: "d"', "size": "9%"})
    assert parse_pipeline(pipeline.canonical) == pipeline
    assert parse_pipeline('watermark:text=5" wide').canonical == 'watermark:text="5\\" wide"'


@pytest.mark.parametrize(
    ("steps", "canonical"),
    [
        ([{"filter": "blur", "sigma": 5}], "blur:sigma=5"),
        ([{"filter": "Blur", "Sigma": "5.0"}, {"filter": "grayscale"}], "blur:sigma=5|grayscale"),
        (["blur", {"filter": "convert", "format": "JPG"}], "blur|convert:format=jpeg"),
        ([{"filter": "blur", "sigma": None}], "blur"),
        ([{"filter": "rotate", "expand": False}], "rotate:expand=false"),
        ([{"filter": "crop", "width": 50, "height": "10%"}], "crop:width=50,height=10%"),
        ([{"filter": "convolution", "matrix": [[0, 1, 0], [1, -4, 1], [0, 1, 0]]}], None),
    ],
)
def test_json_is_the_same_thing_as_text(steps: list[Any], canonical: str | None) -> None:
    pipeline = pipeline_from_json(steps)
    assert canonical is None or pipeline.canonical == canonical
    assert parse_pipeline(pipeline.canonical) == pipeline


@pytest.mark.parametrize(
    ("steps", "error", "message"),
    [
        ([], Malformed, "a list of steps that is not empty"),
        ("blur", Malformed, "a list of steps"),
        ({"filter": "blur"}, Malformed, "a list of steps"),
        ([{"sigma": 5}], Malformed, 'an object as in {"filter": "blur", "sigma": 5}'),
        ([5], Malformed, "5 is neither"),
        ([{"filter": "blurr"}], Malformed, "did you mean 'blur'"),
        ([{"filter": "blur", "sigm": 5}], Malformed, "did you mean 'sigma'"),
        ([{"filter": "blur", "sigma": True}], Unprocessable, "must be a number"),
        ([{"filter": "blur", "sigma": {}}], Malformed, "must be a string, a number"),
        ([{"filter": "blur", "sigma": [None]}], Malformed, "a list of numbers"),
        ([{"filter": "blur", "sigma": 1e9}], Unprocessable, "0.1 to 100"),
        ([{"filter": "blur"}] * 6_001, Malformed, "24,004 characters"),
        ([{"filter": "convert"}, {"filter": "blur"}], Malformed, "only be the last step"),
        ([{"filter": "watermark", "text": "a" * 24_001}], Malformed, "24,010 characters"),
    ],
)
def test_json_that_is_no_pipeline(steps: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        pipeline_from_json(steps)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(["filter", "sigma", "text", "matrix"]), json_values)))
def test_any_json_is_a_pipeline_or_refused(steps: list[dict[str, Any]]) -> None:
    for step in steps:
        step["filter"] = {"text": "watermark", "matrix": "convolution"}.get(next(iter(step), ""), "blur")
    with contextlib.suppress(Malformed, Unprocessable):
        pipeline = pipeline_from_json(steps)
        assert parse_pipeline(pipeline.canonical) == pipeline
