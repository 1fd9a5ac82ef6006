"""What holds for every filter there is, whatever its parameters."""

from __future__ import annotations

import contextlib
import json

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dpip.errors import Unprocessable
from imaging import Pipeline, parse_pipeline, pipeline_from_json
from imaging.filters import FILTERS
from imaging.filters.base import Filter
from imaging.output import Convert
from imaging.picture import Picture
from imaging.shape import Shape
from imaging.step import Step
from imaging.transparency import filtered
from tests.imaging.samples import Array, rgb
from tests.imaging.settings_of import settings_of

STEPS: tuple[type[Step], ...] = (*FILTERS.values(), Convert)
every_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
every_filter = pytest.mark.parametrize("filter_", FILTERS.values(), ids=lambda filter_: filter_.name)
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def made(step: type[Step], given_: dict[str, object]) -> Step:
    """With settings as JSON has them; contradictory ones are of no use here."""
    try:
        return step.model_validate(given_)
    except ValueError:
        assume(False)
        raise


def example(step: type[Step]) -> Pipeline:
    return parse_pipeline(f"{step.name}:{step.example}" if step.example else step.name)


@every_step
@few
@given(data=st.data())
def test_text_and_json_say_the_same(step: type[Step], data: st.DataObject) -> None:
    chosen = data.draw(settings_of(step))
    of_json = json.loads(json.dumps({"filter": step.name, **chosen}))
    try:
        pipeline = pipeline_from_json([of_json])
    except Unprocessable:
        with pytest.raises(ValueError, match="validation error"):
            step.model_validate(chosen)
        return
    again = parse_pipeline(pipeline.canonical)
    assert again == pipeline
    assert again.canonical == pipeline.canonical
    [only] = [*pipeline.filters, *([pipeline.output] if step is Convert else [])]
    assert pipeline_from_json([{"filter": step.name, **json.loads(only.model_dump_json())}]) == pipeline


@every_step
@few
@given(data=st.data())
def test_the_schema_is_true(step: type[Step], data: st.DataObject) -> None:
    schema = step.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert all("description" in about for about in schema["properties"].values())
    valid = made(step, data.draw(settings_of(step)))
    jsonschema.validate(valid.model_dump(mode="json"), schema)


@every_step
def test_defaults_or_the_example_are_valid(step: type[Step]) -> None:
    assert example(step).canonical.startswith(step.name)
    try:
        step()
    except ValueError:  # no default can be right: the refusal says what is missing, and the example has it
        assert step.example
        with pytest.raises(Unprocessable, match=r"say|missing"):
            parse_pipeline(step.name)
    else:
        assert parse_pipeline(step.name).canonical == step.name


@every_step
def test_it_explains_itself(step: type[Step]) -> None:
    assert step.__doc__
    assert step.__doc__ != Step.__doc__
    assert len(step.summary) < 100
    assert "\n" not in step.summary


PICTURES = {
    "gray": rgb()[120:160, 100:163, 1],
    "colour": rgb()[120:160, 100:163],
    "gray and alpha": rgb()[120:160, 100:163, 1:],
    "colour and alpha": np.dstack((rgb()[120:160, 100:163], rgb()[140:180, 60:123, 1])),
    "deep": rgb()[120:160, 100:163].astype(np.uint16) * 257,
    "deep and alpha": np.dstack((rgb()[120:160, 100:163], rgb()[140:180, 60:123, 1])).astype(np.uint16) * 257,
    "a pixel": rgb()[:1, :1],
}


@every_filter
@pytest.mark.parametrize("pixels", PICTURES.values(), ids=PICTURES)
@settings(few, max_examples=4)
@given(data=st.data())
def test_shape_after_tells_the_truth(filter_: type[Filter], pixels: Array, data: st.DataObject) -> None:
    chosen = made(filter_, data.draw(st.one_of(st.just({}), settings_of(filter_))))
    assert isinstance(chosen, Filter)
    before = shape_of(Picture(pixels))
    try:
        after = chosen.shape_after(before)
    except Unprocessable:
        return
    assume(after.pixels < 1e6)
    assert chosen.scratch_bytes(before) >= 0
    kept = pixels.copy()
    if pixels.itemsize > 1 and not chosen.takes_16_bit:
        pixels = (pixels >> 8).astype(np.uint8)
        after = Shape(after.width, after.height, after.channels, 1, after.has_alpha)
    found = filtered(chosen, Picture(np.ascontiguousarray(pixels)))
    if chosen.name == "trim":  # how much is left depends on what is in the picture
        assert (found.width, found.height) <= (after.width, after.height)
    else:
        assert (found.width, found.height) == (after.width, after.height)
    assert (found.has_alpha, found.is_gray) == (after.has_alpha, after.channels == 1)
    assert found.pixels.itemsize == after.bytes_per_sample
    assert (kept == (pixels if pixels.dtype == kept.dtype else kept)).all(), "filters leave their input alone"


@every_filter
@pytest.mark.parametrize("pixels", PICTURES.values(), ids=PICTURES)
@settings(few, max_examples=6)
@given(data=st.data())
def test_what_leaves_a_picture_alone_changes_no_pixel(
    filter_: type[Filter], pixels: Array, data: st.DataObject
) -> None:
    neutral = {name: value for name, value in NEUTRAL.items() if name in filter_.model_fields}
    chosen = made(filter_, data.draw(st.one_of(st.just(neutral), settings_of(filter_))))
    assert isinstance(chosen, Filter)
    picture = Picture(pixels)
    with contextlib.suppress(Unprocessable):  # by `shape_after`
        if chosen.leaves_alone(shape_of(picture)):
            check_unchanged(chosen, picture)


def check_unchanged(chosen: Filter, picture: Picture) -> None:
    pixels = picture.pixels
    assert chosen.shape_after(shape_of(picture)) == shape_of(picture)
    found = filtered(chosen, picture)
    seen = np.broadcast_to(True if picture.alpha is None else (picture.alpha > 0)[..., None], pixels.shape)
    furthest = np.abs(found.pixels.astype(int) - pixels)[seen].max(initial=0)
    assert furthest <= (1 if picture.is_deep else 0), "16 bits there and back through a table of light"


# Of all parameters: what changes nothing, where they are called so.
NEUTRAL: dict[str, object] = {
    **dict.fromkeys(("factor", "gamma"), 1.0),
    **dict.fromkeys(("amount", "strength", "degrees", "thickness", "angle"), 0),
    "temperature": 6500.0,
}


def shape_of(picture: Picture) -> Shape:
    return Shape(
        picture.width,
        picture.height,
        1 if picture.is_gray else 3,
        picture.pixels.itemsize,
        picture.has_alpha,
    )
