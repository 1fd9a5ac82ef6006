"""Films through the splitter and the joiner, with nothing between them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from film import Joiner, Splitter, VideoLimits, probe, sniff
from film.formats import target_for
from tests.film.films import Content, Kind, content, make

COUNT = 24
LIMITS = VideoLimits()
KINDS = {
    "mp4": Kind(),
    "vfr": Kind("vfr.mp4", steps=(1, 3, 2)),
    "turned": Kind("turned.mp4", rotation=-90),
    "mkv opus": Kind("film.mkv", sound="libopus"),
    "webm": Kind("film.webm", codec="libvpx-vp9", sound="libopus", rate=Fraction(25)),
    "silent": Kind("silent.mov", sound=None, rate=Fraction(24)),
    "avi pcm": Kind("film.avi", codec="mpeg4", sound="pcm_s16le", rate=Fraction(25)),
    "ten bits": Kind("deep.mkv", pix_fmt="yuv420p10le"),
}


def through(source: Path, target: Path) -> Content:
    """Split and joined again."""
    format_ = sniff(source.read_bytes()[:4096])
    facts = probe(source, format_.name, LIMITS)
    target_format = target_for(None, facts.sound)
    splitter = Splitter(source, facts, LIMITS)
    joiner = Joiner(source, facts, target, target_format, facts.width * facts.height)
    try:
        while not splitter.ended:
            came = splitter.take(10)
            if came is not None:
                joiner.add(*came)
        joiner.end()
        assert joiner.done(30)
    finally:
        splitter.close()
        joiner.close()
    return content(target)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_comes_out_is_what_went_in(kind: Kind, tmp_path: Path) -> None:
    source = make(tmp_path, COUNT, kind)
    before = content(source)
    after = through(source, tmp_path / "out.video")
    assert after.codec == "h264"
    assert after.numbers == before.numbers
    assert len(after.numbers) == COUNT
    assert (after.width, after.height) == (before.width, before.height)
    assert after.rotation == before.rotation == kind.rotation
    assert after.times == pytest.approx(before.times, abs=0.002)
    assert after.sound == before.sound
    assert after.sound_codec == before.sound_codec
    assert after.sound_times == pytest.approx(before.sound_times, abs=0.002)
    assert after.seconds == pytest.approx(before.seconds, abs=0.06)
    for was, is_ in zip(before.means, after.means, strict=True):
        assert is_ == pytest.approx(was, abs=3.0)
    if kind.steps == (1,):
        assert float(after.rate) == pytest.approx(float(before.rate), rel=0.001)
