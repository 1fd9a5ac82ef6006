"""Whether a video may come in, found out before anybody hears that it was kept."""

from __future__ import annotations

import io
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from api.parts import Bounds
from api.uploads.incoming import Incoming
from api.web.fields import Fields, text
from dpip.domain import VideoFacts
from dpip.errors import Malformed, UnsupportedFormat
from dpip.ports import NewVideo, Upload
from film import SNIFFED_BYTES, available, probe, sniff
from film.formats import losses, quality_for, target_for
from imaging import Limits, Plan, check_output_of_plan, read_header

_QUARTER = 90
_SAMPLES = 2**17  # bytes: who reads a header looks that far


def check_taken() -> None:
    """Raises `UnsupportedFormat` where this machine cannot look at videos: nobody is to try again soon."""
    if not available():
        raise UnsupportedFormat(
            "videos are not taken here: they need PyAV where the API runs: pip install 'dpip[video]'"
        )


def admit_video(incoming: Incoming, given: Fields, plan: Plan, bounds: Bounds) -> NewVideo:
    """Raises `UnsupportedFormat`, `TooLarge`, `Unprocessable` for what is no video that can be filtered so,
    and `Malformed`."""
    asked, quality = text(given, "video_format"), quality_for(text(given, "video_quality"))
    if len(plan.outputs) > 1:
        raise Malformed(
            f"a video has one output, and this filter makes {len(plan.outputs)}: "
            f"{', '.join(plan.outputs)}; send the video once for each"
        )
    upload = incoming.upload
    with upload.reader() as stream:
        format_ = sniff(stream.read(SNIFFED_BYTES))
    facts = _probe(upload, format_.name, bounds)
    target = target_for(asked, facts.sound)
    _check_frame(facts, plan, bounds.limits)
    return NewVideo(
        name=incoming.name,
        extension=format_.extension.removeprefix("."),
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        facts=replace(facts, notes=(*facts.notes, *losses(target, facts.sound))),
        target=target,
        quality=quality,
    )


def _probe(upload: Upload, format_name: str, bounds: Bounds) -> VideoFacts:
    with upload.reader() as stream:
        name = getattr(stream, "name", None)
        if isinstance(name, str):
            return probe(Path(name), format_name, bounds.video_limits)
        with tempfile.NamedTemporaryFile(prefix="dpip-") as copy:
            shutil.copyfileobj(stream, copy)
            copy.flush()
            return probe(Path(copy.name), format_name, bounds.video_limits)


def _check_frame(facts: VideoFacts, plan: Plan, limits: Limits) -> None:
    """Will the pipeline take its frames, as they stand upright?"""
    turned = facts.rotation // _QUARTER % 2
    width, height = (facts.height, facts.width) if turned else (facts.width, facts.height)
    pnm = b"P6\n%d %d\n255\n" % (width, height)
    header = read_header(io.BytesIO(pnm + bytes(_SAMPLES)), len(pnm) + 3 * width * height, limits)
    check_output_of_plan(header, plan, limits)
