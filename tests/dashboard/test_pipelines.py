"""The page's own reading of pipelines, and a control for every parameter of every filter."""

from __future__ import annotations

from playwright.sync_api import expect

from imaging import catalogue, parse_pipeline
from imaging.plugins import OWN
from tests.dashboard.visitor import Visitor

_ROUND = """async (texts) => {
    const { parse, format } = await import("/assets/pipeline.js");
    return texts.map((text) => { const steps = parse(text); return steps && format(steps); });
}"""
QUOTED = [
    'watermark:text="One, two | three"|blur:sigma=2',
    'watermark:text="a \\"quoted\\" word; {x}"',
    "GrayScale | blur : sigma = 4 ",
]
NO_ROW_OF_STEPS = ["{a=blur;b=sepia}", "blur:sigma", 'watermark:text="open', "blur||sepia"]


def test_texts_are_read_and_written_as_the_engine_does(someone: Visitor) -> None:
    someone.page.goto(someone.url)
    texts = [one.example for one in catalogue() if one.example] + QUOTED
    for text, again in zip(texts, someone.page.evaluate(_ROUND, texts), strict=True):
        assert parse_pipeline(again).canonical == parse_pipeline(text).canonical
    assert someone.page.evaluate(_ROUND, NO_ROW_OF_STEPS) == [None] * len(NO_ROW_OF_STEPS)


def test_every_parameter_has_a_control_with_a_name(someone: Visitor) -> None:
    page = someone.page
    someone.at_work()
    for filter_ in catalogue():
        someone.write_pipeline(filter_.name)
        expect(page.locator(".step")).to_have_count(1)
        names = list(filter_.parameters.get("properties", {}))
        for name in names:
            assert page.locator(".step").get_by_label(name.replace("_", " "), exact=True).count() == 1, (
                f"{filter_.name}: {name}"
            )
        assert page.locator(".parameter").count() == len(names)


def test_filters_are_shown_by_family_each_with_what_it_does(someone: Visitor) -> None:
    page = someone.page
    someone.at_work()
    page.get_by_role("button", name="Add a filter").click()
    box = page.get_by_role("dialog")
    own = [one for one in catalogue() if one.origin == OWN]
    assert box.locator(".filter b").all_text_contents()[: len(own)] == [
        one.name.replace("_", " ") for one in own
    ]
    families = list(dict.fromkeys(one.family for one in own))
    assert box.get_by_role("heading", level=3).all_inner_texts()[: len(families)] == families
    assert box.locator(".filter-tile:not(.none)").count() == len(own) - 1, "there is no picture of convert"
    box.get_by_role("button", name="Close", exact=True).click()
    expect(box).to_be_hidden()
