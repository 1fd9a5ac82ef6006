"""Colours as parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor
from pydantic import TypeAdapter, ValidationError

from imaging.colour import NAMED, CssColour, canonical_colour, rgba, samples


@pytest.mark.parametrize("name", NAMED)
def test_names_are_those_of_css(name: str) -> None:
    if name != "transparent":
        assert rgba(name)[:3] == ImageColor.getrgb(name)
    assert canonical_colour(f" {name.upper()} ") == NAMED[name]


def test_notations_have_one_canonical_form() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(CssColour)
    assert adapter.validate_python("#FC8") == "#ffcc88"
    assert adapter.validate_python("#fc80") == "#ffcc8800"
    assert adapter.validate_python("#FFCC88ff") == "#ffcc88"
    assert rgba("#01020304") == (1, 2, 3, 4)
    assert rgba("transparent").alpha == 0
    assert adapter.json_schema()["type"] == "string"
    for wrong in ("", "#12", "#12345", "#1234567", "ffcc00", "reddish", "#gggggg", "#123456789"):
        with pytest.raises(ValidationError, match="a colour is #rrggbb"):
            adapter.validate_python(wrong)


@given(st.text(max_size=12))
def test_any_text_is_a_colour_or_refused(text: str) -> None:
    try:
        code = canonical_colour(text)
    except ValueError:
        return
    assert canonical_colour(code) == code


def test_samples_fit_the_picture() -> None:
    assert samples("#ff8000", np.zeros((2, 2, 3), np.uint8)) == (0, 128, 255)
    assert samples("#ff8000", np.zeros((2, 2, 3), np.uint16)) == (0, 128 * 257, 65535)
    assert samples("white", np.zeros((2, 2), np.uint16)) == pytest.approx((65535,))
