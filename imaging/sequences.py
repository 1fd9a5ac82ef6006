"""Files of several pictures: animations frame by frame, TIFFs page by page, so that memory stays bounded.

Every filter works on each picture alone, also one that goes by what is in it (auto-contrast, for example).
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dpip.errors import Unprocessable
from imaging import carrying, stages
from imaging.animation import Film, Part
from imaging.codecs import avif, codec_of
from imaging.codecs.options import EncodeOptions
from imaging.composing import frames_of, parts_of
from imaging.containers import apng, container_of, gif, tiff_pages, webp_animation
from imaging.deadline import Deadline
from imaging.formats import Format, Several
from imaging.frame import Frame
from imaging.made import Made
from imaging.metadata import Metadata
from imaging.picture import Picture
from imaging.pipeline import Pipeline
from imaging.shaping import upright
from imaging.structure import Header

_JOINED: dict[str, Callable[[Film, Iterator[Part]], bytes]] = {
    "gif": gif.joined,
    "png": apng.joined,
    "webp": webp_animation.joined,
}
FRAMES_PATH = "decoded, filtered, encoded frame by frame"
PAGES_PATH = "decoded, filtered, encoded page by page"


@dataclass(frozen=True, slots=True)
class Task:
    """A file on its way."""

    data: bytes
    header: Header
    pipeline: Pipeline
    metadata: Metadata
    deadline: Deadline
    notes: list[str]


def first_picture(data: bytes, header: Header) -> Picture:
    """Of a file that is composed."""
    if header.format == "tiff":
        page = next(tiff_pages.split(data))
        return codec_of(header.format).decode(page, header, luma_only=False)
    return next(frames_of(data, header)).picture


def note_first(header: Header, target: Format, notes: list[str]) -> None:
    if header.frames > 1:
        what = "pages" if header.pages else "frames"
        notes.append(f"{target.title} does not store {what}: the result is the first of {header.frames:,}")


def note_others(header: Header, notes: list[str]) -> None:
    if header.others:
        which = "first of them" if header.format == "jpeg" else "primary one"
        notes.append(
            f"the {header.title} file holds {header.others + 1:,} pictures: the result is of the {which}"
        )


def note_animation(header: Header, target: Format, notes: list[str]) -> None:
    if header.still_apart:
        notes.append("the picture that stood apart from the animation was left out")
    if header.format == "avif" and header.is_deep:
        notes.append(
            f"animations in AVIF are read in 8 bits: the frames were reduced from {header.bit_depth}"
        )
    if target.several is Several.PAGES:
        notes.append(f"{target.title} stores no times: the frames became pages")
    if target.name == "avif" and header.plays != 0:
        notes.append("AVIF is written to run for ever: how often the animation ran was left out")


def animation(task: Task, target: Format) -> Made:
    """All frames into an animation, or into pages."""
    watch = stages.Stopwatch()
    note_animation(task.header, target, task.notes)
    frames = _filtered(task, target, watch)
    beginning = next(frames)
    first = beginning.picture
    frames = itertools.chain((beginning,), frames)
    kept = carrying.carried(
        task.metadata,
        task.header,
        (first.width, first.height),
        target,
        task.pipeline,
        task.notes,
        gray=first.is_gray,
    )
    options = stages.options(task.header, task.pipeline, target, kept)
    film = Film(first.width, first.height, task.header.plays, first.has_alpha)
    if target.several is Several.PAGES:
        encoded = tiff_pages.joined(_page_files(frames, target, options, kept))
    else:
        encoded = _film(film, frames, target, options)
        encoded = container_of(target.name).with_metadata(encoded, kept)
    watch.lap("encode")
    return Made(
        encoded, target.name, first.width, first.height, first.is_gray, watch.timings, FRAMES_PATH, whole=True
    )


def _film(film: Film, frames: Iterator[Frame], target: Format, options: EncodeOptions) -> bytes:
    if target.name == "avif":
        return avif.joined(film, frames, options)
    codec = codec_of(target.name)
    parts = parts_of(frames, film, target.name, lambda picture: codec.encode(picture, options))
    return _JOINED[target.name](film, parts)


def _filtered(task: Task, target: Format, watch: stages.Stopwatch) -> Iterator[Frame]:
    """Time that passes while a frame is out goes to the encoder."""
    for frame in frames_of(task.data, task.header):
        picture = Picture(upright(frame.picture.pixels, task.header.orientation))
        watch.lap("decode")
        picture = stages.through(task.pipeline, picture, task.deadline, task.notes)
        picture = carrying.profiled(picture, task.metadata, task.header, target, task.notes)
        picture = stages.storable(picture, target, task.notes, alone=False)
        watch.lap("filter")
        frame = replace(frame, picture=picture)  # noqa: PLW2901 - what came in is let go
        del picture
        yield frame
        watch.lap("encode")


def _page_files(
    frames: Iterator[Frame], target: Format, options: EncodeOptions, kept: Metadata
) -> Iterator[bytes]:
    for frame in frames:
        encoded = codec_of(target.name).encode(frame.picture, options)
        yield container_of(target.name).with_metadata(encoded, kept)


def pages(task: Task, target: Format) -> Made:
    """Each page with its own size, depth and metadata."""
    watch = stages.Stopwatch()
    sizes: list[tuple[int, int, bool]] = []
    encoded = tiff_pages.joined(_pages(task, target, watch, sizes))
    watch.lap("encode")
    width, height, gray = sizes[0]
    return Made(encoded, target.name, width, height, gray, watch.timings, PAGES_PATH, whole=True)


def _pages(
    task: Task, target: Format, watch: stages.Stopwatch, sizes: list[tuple[int, int, bool]]
) -> Iterator[bytes]:
    container, codec = container_of(target.name), codec_of(target.name)
    files = tiff_pages.split(task.data)
    for header in task.header.pages:
        data = next(files)
        metadata = container.read_metadata(io.BytesIO(data), len(data))
        picture = codec.decode(data, header, luma_only=False)
        if (picture.width, picture.height) != (header.width, header.height):
            raise Unprocessable(f"the {header.title} file contradicts itself about the size of a page")
        del data  # before the next one is made
        picture = Picture(upright(picture.pixels, header.orientation))
        watch.lap("decode")
        picture = stages.through(task.pipeline, picture, task.deadline, task.notes)
        picture = stages.storable(picture, target, task.notes)
        watch.lap("filter")
        sizes.append((picture.width, picture.height, picture.is_gray))
        kept = carrying.carried(
            metadata,
            header,
            (picture.width, picture.height),
            target,
            task.pipeline,
            task.notes,
            gray=picture.is_gray,
        )
        encoded = codec.encode(picture, stages.options(header, task.pipeline, target, kept))
        yield container.with_metadata(encoded, kept)
        watch.lap("encode")
