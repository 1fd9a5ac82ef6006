"""Films through the splitter and the joiner, with nothing between them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from dpip.errors import Malformed, TooLarge, Unprocessable, UnsupportedFormat
from film import Joiner, Splitter, VideoLimits, probe, sniff
from film.formats import QUALITIES, losses, quality_for, target_for
from tests.film.films import Content, Kind, content, make

COUNT = 24
FEW = 8
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
    "head down": Kind("down.mp4", rotation=180, width=160, height=96),
    "odd sides": Kind("odd.mkv", pix_fmt="yuv444p", width=161, height=97),
    "long sound": Kind("long.mp4", longer_s=1.5, width=160, height=96),
}


def through(source: Path, target: Path, target_format: str | None = None, quality: str = "high") -> Content:
    """Split and joined again."""
    format_ = sniff(source.read_bytes()[:4096])
    facts = probe(source, format_.name, LIMITS)
    made = target_for(target_format, facts.sound)
    splitter = Splitter(source, facts, LIMITS)
    joiner = Joiner(source, facts, target, made, facts.width * facts.height, quality)
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
    assert (after.rotation - kind.rotation) % 360 == (before.rotation - kind.rotation) % 360 == 0
    assert after.times == pytest.approx(before.times, abs=0.002)
    assert after.sound == before.sound
    assert after.sound_codec == before.sound_codec
    assert after.sound_times == pytest.approx(before.sound_times, abs=0.002)
    assert after.seconds == pytest.approx(before.seconds, abs=0.06)
    for was, is_ in zip(before.means, after.means, strict=True):
        assert is_ == pytest.approx(was, abs=3.0)
    if kind.steps == (1,):
        assert float(after.rate) == pytest.approx(float(before.rate), rel=0.001)


@pytest.mark.parametrize(
    ("kind", "target", "sound"),
    [
        (Kind(width=160, height=96), "webm", "opus"),
        (Kind("turned.mp4", rotation=90, width=160, height=96, sound=None), "webm", None),
        (replace(KINDS["ten bits"], width=160, height=96), "webm", "opus"),
        (replace(KINDS["avi pcm"], width=160, height=96), "mp4", "aac"),
        (Kind("turned.mp4", rotation=-90, width=160, height=96), "mkv", "copied"),
    ],
    ids=["aac to webm", "turned webm", "ten bits webm", "pcm to mp4", "turned mkv"],
)
def test_the_container_that_is_asked_for(kind: Kind, target: str, sound: str | None, tmp_path: Path) -> None:
    source = make(tmp_path, FEW, kind)
    before = content(source)
    after = through(source, tmp_path / "out.video", target)
    assert sniff((tmp_path / "out.video").read_bytes()[:4096]).name == target
    assert after.codec == ("vp9" if target == "webm" else "h264")
    assert after.numbers == before.numbers
    assert after.rotation == before.rotation
    late = (
        after.times[0] - before.times[0]
    )  # Matroska has no times below 0, where AAC begins: all comes later
    assert 0 <= late < 0.03
    assert after.times == pytest.approx([one + late for one in before.times], abs=0.002)
    if sound == "copied":
        assert after.sound == before.sound
    else:
        assert after.sound_codec == sound
    if sound:
        assert after.sound_times[0] == pytest.approx(before.sound_times[0] + late, abs=0.03)
        assert after.sound_times[-1] == pytest.approx(before.sound_times[-1], abs=0.1)


def test_lower_qualities_are_smaller(tmp_path: Path) -> None:
    source = make(tmp_path, FEW, Kind(sound=None))
    sizes = []
    for quality in QUALITIES:
        through(source, tmp_path / quality, quality=quality)
        sizes.append((tmp_path / quality).stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] / 2


def test_what_cannot_stay_is_told() -> None:
    assert target_for(None, ("aac",)) == "mp4"
    assert target_for(None, ("vorbis",)) == "mkv"
    assert losses("mp4", ("aac", "mp3")) == losses("mkv", ("pcm_s16le",)) == losses("webm", ("opus",)) == ()
    assert losses("webm", ("aac", "aac")) == ("its sound is encoded anew, as Opus: WebM does not hold aac",)
    with pytest.raises(Malformed, match="video_format must be one of mp4, mkv, webm, not 'gif'"):
        target_for("gif", ())
    with pytest.raises(Malformed, match="video_quality must be one of high, medium, low, not '11'"):
        quality_for("11")


@pytest.mark.parametrize("data", [b"", b"x", b"dear diary, " * 500, b"\x89PNG\r\n\x1a\n" + bytes(500)])
def test_what_is_no_video_is_known_by_its_head(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match="those are MP4, QuickTime, Matroska, WebM, AVI"):
        sniff(data)


def test_a_head_without_a_video(tmp_path: Path) -> None:
    whole = make(tmp_path, COUNT, Kind(width=160, height=96)).read_bytes()
    cut = tmp_path / "cut.mp4"
    for data in (whole[:20], whole[: len(whole) // 2]):  # what tells of the frames is at the end
        cut.write_bytes(data)
        with pytest.raises(Unprocessable, match="the MP4 file cannot be read: Invalid data"):
            probe(cut, "mp4", LIMITS)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = make(tmp_path, 0, Kind("sound.mkv", longer_s=0.2))
    with pytest.raises(Unprocessable, match=r"no moving pictures|no frame"):
        probe(path, "mkv", LIMITS)


def test_pictures_of_a_kind_that_is_not_decoded(tmp_path: Path) -> None:
    path = make(tmp_path, 2, Kind("odd.avi", codec="cinepak", pix_fmt="rgb24", sound=None))
    with pytest.raises(UnsupportedFormat, match="of the kind cinepak, which is not decoded here"):
        probe(path, "avi", LIMITS)


def test_limits_are_held_before_and_on_the_way(tmp_path: Path) -> None:
    path = make(tmp_path, COUNT, Kind(width=160, height=96))
    for limits, says in (
        (VideoLimits(max_megapixels=0.01), "160 x 96 pixels"),
        (VideoLimits(max_frames=COUNT - 1), "24 frames or more"),
        (VideoLimits(max_seconds=0.5), "lasts 1 s"),
    ):
        with pytest.raises(TooLarge, match=says):
            probe(path, "mp4", limits)
    splitter = Splitter(path, probe(path, "mp4", LIMITS), VideoLimits(max_frames=10))
    try:
        with pytest.raises(TooLarge, match="11 frames or more"):
            list(iter(lambda: splitter.take(10), None))
    finally:
        splitter.close()
