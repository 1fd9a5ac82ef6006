"""The text of pipelines: one canonical form, and refusals that help."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpip.errors import Malformed, Unprocessable
from imaging import Pipeline, catalogue, parse_pipeline
from imaging.filters import FILTERS
from imaging.filters.blur import Blur
from imaging.filters.grayscale import Grayscale
from imaging.output import Convert

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
        ("|".join(["blur"] * 17), None, "17 steps; at most 16"),
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
    assert list(by_name) == [*FILTERS, "convert"]
    assert all(description.origin == "dpip" and not description.problem for description in by_name.values())
    sigma = by_name["blur"].parameters["properties"]["sigma"]
    assert (sigma["minimum"], sigma["maximum"], sigma["default"], sigma["unit"]) == (0.1, 100, 3, "pixels")
    assert by_name["grayscale"].parameters["properties"] == {}
    assert all(description.summary for description in by_name.values())
