"""Plans: pipelines that branch into named outputs, as text, as JSON, and as pictures."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dpip.errors import Malformed, Refused, TooLarge, Unprocessable
from imaging import (
    Limits,
    Pipeline,
    Plan,
    Result,
    check_output_of_plan,
    estimate_memory,
    estimate_memory_of_plan,
    parse_pipeline,
    parse_plan,
    plan_from_json,
    read_header,
    run,
    run_plan,
    turbo,
)
from imaging.filters.base import Filter
from imaging.filters.blur import Blur
from imaging.filters.grayscale import Grayscale
from imaging.filters.watermark import Watermark
from imaging.output import Convert
from imaging.plan import planned
from tests.imaging.moving import animated
from tests.imaging.samples import ORIENTATION, array, psnr, rgb, saved

SIZES = "{large=resize:width=300; middle=resize:width=120; small=resize:width=40}"

filters = st.one_of(
    st.just(Grayscale()),
    st.floats(0.1, 100).map(lambda sigma: Blur(sigma=sigma)),
    st.text('ab ;{}|,"=:\\é', min_size=1, max_size=12)
    .filter(lambda text: bool(text.strip()))
    .map(lambda text: Watermark(text=text)),
)
outputs = st.builds(Convert, format=st.sampled_from(["same", "png", "webp"]), keep_metadata=st.booleans())
pipelines = st.builds(
    lambda steps, output: Pipeline(tuple(steps), output), st.lists(filters, max_size=5), outputs
)
names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
branches = st.dictionaries(names, pipelines, min_size=1, max_size=6).map(lambda found: tuple(found.items()))


def of(plan: str, data: bytes, limits: Limits | None = None) -> dict[str, Result]:
    return dict(run_plan(data, parse_plan(plan), limits or Limits()))


@given(st.lists(filters, max_size=5), branches)
def test_the_canonical_text_is_read_as_the_same_plan(
    trunk: list[Filter], found: tuple[tuple[str, Pipeline], ...]
) -> None:
    plan = planned(tuple(trunk), found)
    again = parse_plan(plan.canonical)
    assert again == plan
    assert again.canonical == plan.canonical
    assert again.outputs == tuple(name for name, _ in found)


@given(pipelines)
def test_a_plain_pipeline_is_a_plan_with_one_output(pipeline: Pipeline) -> None:
    plan = parse_plan(pipeline.canonical)
    assert plan == Plan((), (("filtered", pipeline),))
    assert plan.canonical == pipeline.canonical
    assert plan.outputs == ("filtered",)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (SIZES, SIZES),
        (
            "Blur:sigma=2 | { big = resize:width=1600 ;small=resize:width=320|grayscale|convert:format=WebP}",
            "blur:sigma=2|{big=resize:width=1600; small=resize:width=320|grayscale|convert:format=webp}",
        ),
        ("{full=convert; gray=grayscale}", "{full=convert; gray=grayscale}"),
        ("blur|{filtered=grayscale}", "blur|grayscale"),
        ("blur|{only=grayscale}", "{only=blur|grayscale}"),
        ('{a=watermark:text="x; y"; b=blur}', '{a=watermark:text="x; y"; b=blur}'),
        ("watermark:text={x; y}|{a=blur; b=grayscale}", "watermark:text={x; y}|{a=blur; b=grayscale}"),
        ("watermark:text={x; y}", "watermark:text={x; y}"),
    ],
)
def test_texts_and_their_canonical_form(text: str, canonical: str) -> None:
    assert parse_plan(text).canonical == canonical
    assert parse_plan(canonical) == parse_plan(text)


def test_json_says_the_same_as_text() -> None:
    steps: list[Any] = [
        {"filter": "blur", "sigma": 2},
        {
            "outputs": {
                "large": [{"filter": "resize", "width": 1600}],
                "small": [
                    {"filter": "resize", "width": 320},
                    "grayscale",
                    {"filter": "convert", "format": "webp"},
                ],
            }
        },
    ]
    text = "blur:sigma=2|{large=resize:width=1600; small=resize:width=320|grayscale|convert:format=webp}"
    assert plan_from_json(steps) == parse_plan(text)
    assert plan_from_json(steps[1:]).trunk == ()
    assert plan_from_json(["blur"], {"sigma": "4"}) == parse_plan("blur:sigma=4")


def test_settings_beside_the_filter_are_of_the_common_steps() -> None:
    plan = parse_plan("blur|{a=grayscale; b=resize:width=9}", {"sigma": "7"})
    assert plan.canonical == "blur:sigma=7|{a=grayscale; b=resize:width=9}"
    for key in ("width", "format"):
        with pytest.raises(Malformed, match=f"no step before the outputs knows '{key}'; write it into"):
            parse_plan("blur|{a=grayscale; b=resize:width=9}", {key: "7"})
        with pytest.raises(Malformed, match="write it into"):
            plan_from_json([{"outputs": {"a": ["grayscale"]}}], {key: "7"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a=blur; a=grayscale}", "two outputs are called a"),
        ("{A=blur}", "'A' is no name of an output"),
        ("{../x=blur}", "no name of an output"),
        ("{-a=blur}", "no name of an output"),
        ("{" + "a" * 33 + "=blur}", "no name of an output"),
        ("{=blur}", "no name of an output"),
        ("{}", "'' is no output"),
        ("{blur}", "'blur' is no output: it begins with a name"),
        ("{blur:sigma=3}", "'blur:sigma=3' is no output"),
        ("{a=}", "name of a filter is missing"),
        ("{a=blur;}", "is no output"),
        ("{a=blur", "one pair of braces, as the last step"),
        ("{a=blur}|grayscale", "one pair of braces, as the last step"),
        ("{a=blur}|{b=blur}", "one pair of braces"),
        ("{a={b=blur}}", "one pair of braces"),
        ("{a=watermark:text=x}y}", "one pair of braces"),
        ("{a=sharpen}", "there is no filter 'sharpen'"),
        ("{" + ";".join(f"a{n}=blur" for n in range(9)) + "}", "there are 9 outputs; a pipeline has 1 to 8"),
        ("convert:format=png|{a=blur; b=blur}", "write it into the output"),
        ("{a=convert|blur; b=blur}", "only be the last step"),
    ],
)
def test_what_is_malformed_is_told_how_to_be_right(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_plan(text)


NINE = "|".join(["blur"] * 9)
BROKEN = saved(rgb(0.01), "png").replace(b"IDAT", b"IDAX")
SEVEN_SEVENS = "{" + ";".join(f"a{n}=" + "|".join(["blur"] * 7) for n in range(7)) + "}"


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        (f"{NINE}|{NINE}", Limits(), "18 steps; at most 16 are run for an output"),
        (f"{NINE}|{{a={NINE}}}", Limits(), "18 steps; at most 16"),
        (f"{NINE}|{{a={NINE}; b=blur}}", Limits(), "18 steps; at most 16"),
        (SEVEN_SEVENS, Limits(), "49 steps in all; at most 48"),
        ("blur|grayscale|convert:format=png", Limits(max_steps=2), "3 steps; at most 2"),
        ("{a=blur; b=blur}", Limits(max_total_steps=1), "2 steps in all; at most 1"),
    ],
)
def test_a_pipeline_that_is_too_long_is_refused_before_a_pixel_is_decoded(
    text: str, limits: Limits, message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        run_plan(BROKEN, parse_plan(text), limits)


def test_how_long_a_pipeline_may_be_is_a_setting() -> None:
    data, text = saved(rgb(0.01), "png"), "|".join(["invert"] * 20)
    results = run_plan(data, parse_plan(text), Limits(max_steps=20))
    assert np.array_equal(array(results[0][1].data), array(data)), "inverted twenty times"


@pytest.mark.parametrize(
    "steps",
    [
        [],
        "blur",
        [{"outputs": {}}],
        [{"outputs": []}],
        [{"outputs": {"a": "blur"}}],
        [{"outputs": {"a": []}}],
        [{"outputs": {"a": ["blur"]}}, "blur"],
        [{"outputs": {"a": ["blur"]}, "filter": "blur"}],
        [{"outputs": {"a": [{"outputs": {"b": ["blur"]}}]}}],
        [{"outputs": {"A b": ["blur"]}}],
        [{"outputs": {"a": ["blur"]}}, {"outputs": {"b": ["blur"]}}],
    ],
)
def test_malformed_json_is_refused(steps: object) -> None:
    with pytest.raises(Malformed):
        plan_from_json(steps)


def test_a_canonical_text_that_would_not_be_read_again_is_refused() -> None:
    wide = [{"filter": "watermark", "text": '"' * 100}] * 16
    assert parse_plan(plan_from_json(wide).canonical).canonical == plan_from_json(wide).canonical
    image = "iVBOR" + "A" * 20_000
    with pytest.raises((Malformed, Unprocessable)):
        plan_from_json([{"outputs": {"a": [{"filter": "watermark_picture", "image": image}] * 2}}])


@given(st.text('ab=;{}|"blur:sigma 2,', max_size=40))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    with contextlib.suppress(Malformed, Unprocessable):
        plan = parse_plan(text)
        assert parse_plan(plan.canonical) == plan


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "tiff"])
@pytest.mark.parametrize(
    "text",
    [
        SIZES,
        "blur:sigma=2|{full=convert; gray=grayscale; small=resize:width=50|invert|convert:format=png}",
        "{full=convert; gray=grayscale; turned=rotate:angle=90; soft=blur}",
        "resize:width=400|{one=crop:width=100,height=80; two=grayscale|convert:format=webp,lossless=true}",
        "{a=grayscale; b=grayscale|blur}",
    ],
)
def test_each_output_is_what_its_pipeline_makes_alone(form: str, text: str) -> None:
    data, plan = saved(rgb(0.5), form), parse_plan(text)
    results = run_plan(data, plan, Limits())
    assert [name for name, _ in results] == list(plan.outputs)
    for (name, whole), (_, result) in zip(plan.wholes, results, strict=True):
        alone = run(data, parse_pipeline(whole.canonical), Limits())
        assert (result.facts.format, result.facts.width, result.facts.height) == (
            alone.facts.format,
            alone.facts.width,
            alone.facts.height,
        ), name
        assert result.report.pipeline == whole.canonical
        if form != "jpeg" or result.report.path == alone.report.path != "decoded, filtered, encoded":
            assert result.data == alone.data, name
        else:  # alone it may go another way through a JPEG, with other roundings
            wanted = array(run(saved(array(data), "png"), whole, Limits()).data)
            assert psnr(array(result.data), wanted) > min(38, psnr(array(alone.data), wanted) - 1), name
    assert all(result.facts.size_bytes == len(result.data) for _, result in results)


def test_what_needs_no_decoding_is_still_not_decoded() -> None:
    data = saved(rgb(0.2), "jpeg")
    results = of("{same=convert; gray=grayscale; small=resize:width=80}", data)
    assert results["same"].data == run(data, parse_pipeline("convert"), Limits()).data
    alone = run(data, parse_pipeline("grayscale"), Limits()).data
    if turbo.available():  # else the one decodes luma alone, and the other has decoded all
        assert results["gray"].data == alone
    assert psnr(array(results["gray"].data), array(alone)) > 38
    assert array(results["small"].data).shape[1] == 80


def test_the_common_steps_are_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    decoded: list[str] = []
    apply = Blur.apply

    def counted(self: Blur, pixels: Any) -> Any:
        done.append(self.name)
        return apply(self, pixels)

    monkeypatch.setattr(Blur, "apply", counted)
    from imaging import branching  # noqa: PLC0415

    real = branching.decoded
    monkeypatch.setattr(branching, "decoded", lambda *given: decoded.append("once") or real(*given))
    results = of("blur:sigma=4|{a=convert; b=resize:width=50; c=grayscale}", saved(rgb(0.2), "png"))
    assert (done, decoded) == (["blur"], ["once"])
    timings = [result.timings for result in results.values()]
    assert timings[0].decode > 0
    assert [one.decode for one in timings[1:]] == [0.0, 0.0]
    assert all(one.encode > 0 for one in timings)


def test_outputs_do_not_spoil_each_other() -> None:
    """Each branch is given the picture at the fork as it was."""
    data = saved(rgb(0.1), "png")
    plan = "{a=invert; b=redact:regions=0 0 40 40,mode=fill; c=watermark:text=x; d=convert:quality=80}"
    results = of(plan, data)
    assert np.array_equal(array(results["d"].data), array(data))
    assert np.array_equal(255 - array(results["a"].data), array(data))


def test_orientation_metadata_and_alpha_go_along_with_each_output() -> None:
    turned = Image.Exif()
    turned[ORIENTATION] = 6
    pixels = rgb(0.1)
    data = saved(np.dstack((pixels, pixels[..., 1])), "png", exif=turned, icc_profile=b"")
    results = of("{a=convert:format=webp,lossless=true; b=resize:width=60}", data)
    height, width = pixels.shape[:2]
    assert (results["a"].facts.width, results["a"].facts.height) == (height, width)
    assert array(results["b"].data).shape[2] == 4


def test_depth_that_is_lost_on_the_common_way_is_noted_for_all() -> None:
    deep = np.repeat(np.arange(0, 65536, 64, dtype=np.uint16)[None, :], 40, axis=0)
    data = saved(Image.fromarray(deep), "png")
    results = of("median|{a=invert; b=convert:format=jpeg; c=resize:width=20}", data)
    alone = {
        name: run(data, whole, Limits())
        for name, whole in parse_plan("median|{a=invert; b=convert:format=jpeg; c=resize:width=20}").wholes
    }
    assert {name: result.notes for name, result in results.items()} == {
        name: result.notes for name, result in alone.items()
    }


def test_animations_keep_all_frames_in_each_output() -> None:
    data = animated("gif")
    results = of("blur|{a=resize:width=20; b=convert:format=webp; c=convert:format=jpeg}", data)
    frames = getattr(Image.open(io.BytesIO(data)), "n_frames", 1)
    assert frames > 1
    for name, expected in (("a", frames), ("b", frames), ("c", 1)):
        assert getattr(Image.open(io.BytesIO(results[name].data)), "n_frames", 1) == expected


def test_bad_pictures_get_the_same_errors_as_alone() -> None:
    good = saved(rgb(0.1), "png")
    for data in (good[: len(good) // 2], b"", b"nothing", saved(rgb(0.1), "jpeg")[:300]):
        with pytest.raises(Refused) as alone:
            run(data, parse_pipeline("resize:width=40"), Limits())
        with pytest.raises(Refused) as together:
            of(SIZES, data)
        assert (type(together.value), together.value.detail) == (type(alone.value), alone.value.detail)


def test_the_output_that_is_too_large_is_named() -> None:
    data = saved(rgb(0.05), "png")
    limits = Limits(max_output_megapixels=1)
    plan = parse_plan("{a=resize:width=50; b=resize:width=4000}")
    with pytest.raises(TooLarge, match="output b: resize would make"):
        run_plan(data, plan, limits)
    header = read_header(io.BytesIO(data), len(data), limits)
    with pytest.raises(TooLarge, match="output b"):
        check_output_of_plan(header, plan, limits)
    check_output_of_plan(header, parse_plan("blur"), limits)


def test_one_deadline_for_all() -> None:
    with pytest.raises(TooLarge, match="takes longer than"):
        of("{a=blur; b=grayscale|blur}", saved(rgb(0.1), "png"), Limits(max_seconds=0))


def estimates(data: bytes, texts: Mapping[str, str]) -> dict[str, int]:
    header = read_header(io.BytesIO(data), len(data), Limits())
    return {name: estimate_memory_of_plan(header, parse_plan(text)) for name, text in texts.items()}


def test_a_plain_plan_is_estimated_as_its_pipeline() -> None:
    data = saved(rgb(0.3), "png")
    header = read_header(io.BytesIO(data), len(data), Limits())
    for text in ("blur", "grayscale", "resize:width=40"):
        assert estimate_memory_of_plan(header, parse_plan(text)) == estimate_memory(
            header, parse_pipeline(text)
        )


_MEASURE = """
import sys
from pathlib import Path
import imaging

def memory(kind):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) * 1024

large, small, *plans = sys.argv[1:]
for text in plans:
    plan = imaging.parse_plan(text)
    imaging.run_plan(Path(small).read_bytes(), plan, imaging.Limits())
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    data = Path(large).read_bytes()
    imaging.run_plan(data, plan, imaging.Limits())
    print(memory("VmHWM") - before)
    del data
"""
MEASURED = {
    "sizes": "{large=resize:width=1600; middle=resize:width=800; small=resize:width=320}",
    "whole": "blur:sigma=2|{blurred=convert; gray=grayscale; inverted=invert; small=resize:width=320}",
    "webp": "{a=convert:format=webp; b=resize:width=1500|convert:format=webp}",
}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc to see a peak")
@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_the_estimate_is_near_what_is_taken(form: str, tmp_path: Path) -> None:

    options = {"compress_level": 1} if form == "png" else {}
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(saved(rgb(6), form, **options))
    small.write_bytes(saved(np.ascontiguousarray(rgb(6)[:64, :64]), form))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, large, small, *MEASURED.values()],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)},  # what is freed is seen to be free
    )
    expected = estimates(large.read_bytes(), MEASURED)
    for (name, estimate), line in zip(expected.items(), done.stdout.splitlines(), strict=True):
        print(f"{form} {name}: estimated {estimate / 1e6:.0f} MB, taken {int(line) / 1e6:.0f} MB")
        assert int(line) / 1.5 < estimate < int(line) * 1.5
