"""One picture through one pipeline: decode, filter, encode."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from dpip.domain import ImageFacts, Timings
from dpip.errors import Refused, TooLarge, Unprocessable
from imaging import carrying, sequences, shortcuts, stages
from imaging.admission import check_output
from imaging.codecs import codec_of, jpeg
from imaging.containers import container_of
from imaging.containers import jpeg as jpeg_container
from imaging.deadline import Deadline
from imaging.formats import FORMATS
from imaging.header import read_header
from imaging.lazy import cv2
from imaging.limits import Limits
from imaging.made import Made
from imaging.picture import Picture
from imaging.pipeline import Pipeline
from imaging.provenance import Provenance, versions
from imaging.several import keeps_all
from imaging.shaping import upright
from imaging.shortcuts import shrink_on_load
from imaging.structure import Header


@dataclass(frozen=True, slots=True)
class Result:
    """The filtered picture. `notes` say, for people, what the result could not keep."""

    data: bytes
    facts: ImageFacts
    timings: Timings  # decode, filter and encode
    original: bytes = field(repr=False)
    pipeline: Pipeline
    path: str  # for people: the way that was taken
    notes: tuple[str, ...] = field(default=())

    @property
    def report(self) -> Provenance:
        """Made when it is asked for: the digest of the original takes its time."""
        digest = hashlib.sha256(self.original).hexdigest()
        return Provenance(digest, self.pipeline.canonical, self.facts.sha256, self.path, versions())


def wanted_always() -> None:
    """For whoever waits to the end."""


def run(
    data: bytes, pipeline: Pipeline, limits: Limits, wanted: Callable[[], None] = wanted_always
) -> Result:
    """Raises a kind of `Refused` for whatever is wrong with the picture, and nothing else for it.

    `wanted` is called between filters and frames; what it raises ends the work.
    """
    header = read_header(io.BytesIO(data), len(data), limits)
    check_output(header, pipeline, limits)
    with refusing(header):
        check_scans(data, header)
        return run_whole(data, header, pipeline, Deadline(limits.max_seconds, wanted))


@contextmanager
def refusing(header: Header) -> Iterator[None]:
    """Says by a kind of `Refused` what a library found wrong with the picture."""
    try:
        yield
    except Refused:
        raise
    except MemoryError as error:
        raise TooLarge(f"there is not enough memory for {_size(header)}") from error
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise TooLarge(f"there is not enough memory for {_size(header)}") from error
        raise Unprocessable(f"{_size(header)} cannot be filtered: OpenCV refuses it") from error


def _size(header: Header) -> str:
    return f"a {header.title} picture of {header.width:,} x {header.height:,} pixels"


def check_scans(data: bytes, header: Header) -> None:
    """Raises `Refused` for a JPEG that was made to take long."""
    if header.format == "jpeg" and header.progressive:
        jpeg_container.check_scans(data)


def run_whole(data: bytes, header: Header, pipeline: Pipeline, deadline: Deadline) -> Result:
    """All of it, by the first way that can be gone."""
    notes: list[str] = []
    metadata = container_of(header.format).read_metadata(io.BytesIO(data), len(data))
    made = shortcuts.attempt(data, header, pipeline)
    task = sequences.Task(data, header, pipeline, metadata, deadline, notes)
    return finished(task, made or _the_long_way(task))


def finished(task: sequences.Task, made: Made) -> Result:
    """With the metadata that goes along, and the report."""
    data, header, pipeline, notes = task.data, task.header, task.pipeline, task.notes
    watch = stages.Stopwatch()
    sequences.note_others(header, notes)
    encoded = made.encoded
    if not made.whole:
        size, format_ = (made.width, made.height), FORMATS[made.format]
        kept = carrying.carried(task.metadata, header, size, format_, pipeline, notes, gray=made.gray)
        encoded = container_of(made.format).with_metadata(encoded, kept)
    watch.lap("encode")
    timings = replace(made.timings, encode=made.timings.encode + watch.timings.encode)
    digest = hashlib.sha256(encoded).hexdigest()
    facts = ImageFacts(made.format, made.width, made.height, len(encoded), digest)
    return Result(encoded, facts, timings, data, pipeline, made.path, tuple(dict.fromkeys(notes)))


def _the_long_way(task: sequences.Task) -> Made:
    """Decoded, filtered, encoded; all pictures of the file, or the first where the result holds but one."""
    header, pipeline = task.header, task.pipeline
    target = stages.target_of(header, pipeline)
    if keeps_all(header, target):
        return (sequences.pages if header.pages else sequences.animation)(task, target)
    sequences.note_first(header, target, task.notes)
    watch = stages.Stopwatch()
    picture = decoded(task.data, header, pipeline)
    watch.lap("decode")
    picture = stages.through(pipeline, picture, task.deadline, task.notes)
    return stored(task, picture, watch)


def stored(task: sequences.Task, picture: Picture, watch: stages.Stopwatch) -> Made:
    """A picture that went through its filters, encoded."""
    header, pipeline = task.header, task.pipeline
    target = stages.target_of(header, pipeline)
    watch.lap("filter")
    picture = carrying.profiled(picture, task.metadata, header, target, task.notes)
    picture = stages.storable(picture, target, task.notes, stored_bits=header.bit_depth)
    size = picture.width, picture.height
    kept = carrying.carried(task.metadata, header, size, target, pipeline, task.notes, gray=picture.is_gray)
    encoded = codec_of(target.name).encode(picture, stages.options(header, pipeline, target, kept))
    watch.lap("encode")
    return Made(encoded, target.name, *size, picture.is_gray, watch.timings)


def decoded(data: bytes, header: Header, pipeline: Pipeline) -> Picture:
    """Upright; luma alone or smaller, where the first filter of the pipeline needs no more."""
    luma_only = bool(pipeline.filters) and pipeline.filters[0].traits.luma_only
    smaller = shrink_on_load.factor(header, pipeline)
    if header.composed:
        picture = sequences.first_picture(data, header)
    elif smaller > 1:
        picture = jpeg.decode(data, header, luma_only=luma_only, smaller=smaller)
    else:
        picture = codec_of(header.format).decode(data, header, luma_only=luma_only)
    if (picture.width, picture.height) != (-(-header.width // smaller), -(-header.height // smaller)):
        raise Unprocessable(
            f"the {header.title} file contradicts itself: its header says {header.width} x {header.height} "
            f"pixels, and {picture.width * smaller} x {picture.height * smaller} are in it"
        )
    return Picture(upright(picture.pixels, header.orientation))
