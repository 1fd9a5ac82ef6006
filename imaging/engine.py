"""One picture through one pipeline: decode, filter, encode."""

from __future__ import annotations

import hashlib
import io
import time
from dataclasses import dataclass, field, replace

from dpip.domain import ImageFacts, Timings
from dpip.errors import Refused, TooLarge, Unprocessable
from imaging import profiles, shortcuts
from imaging.admission import check_output
from imaging.codecs import codec_of, exif_copy, jpeg
from imaging.codecs.options import DEFAULT_QUALITY, EncodeOptions
from imaging.containers import container_of
from imaging.deadline import Deadline
from imaging.filters.base import Filter
from imaging.formats import FORMATS, Format
from imaging.header import read_header
from imaging.lazy import cv2
from imaging.limits import Limits
from imaging.made import Made
from imaging.metadata import Metadata
from imaging.picture import Picture
from imaging.pipeline import Pipeline
from imaging.provenance import Provenance, versions
from imaging.shaping import in_8_bits, on_white, upright
from imaging.shortcuts import shrink_on_load
from imaging.structure import Colour, Header
from imaging.transparency import filtered


@dataclass(frozen=True, slots=True)
class Result:
    """The filtered picture. `notes` say, for people, what the result could not keep."""

    data: bytes
    facts: ImageFacts
    timings: Timings  # decode, filter and encode
    report: Provenance
    notes: tuple[str, ...] = field(default=())


def run(data: bytes, pipeline: Pipeline, limits: Limits) -> Result:
    """Raises a kind of `Refused` for whatever is wrong with the picture, and nothing else for it."""
    header = read_header(io.BytesIO(data), len(data), limits)
    _check_single(header)
    check_output(header, pipeline, limits)
    try:
        return _run(data, header, pipeline, Deadline(limits.max_seconds))
    except Refused:
        raise
    except MemoryError as error:
        raise TooLarge(f"there is not enough memory for {_size(header)}") from error
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise TooLarge(f"there is not enough memory for {_size(header)}") from error
        raise Unprocessable(f"{_size(header)} cannot be filtered: OpenCV refuses it") from error


def _check_single(header: Header) -> None:
    if header.frames > 1:
        raise Unprocessable(
            f"this {header.title} holds {header.frames:,} pictures (an animation, or pages), and will not "
            "be reduced to the first: split it, and upload them one by one"
        )


def _size(header: Header) -> str:
    return f"a {header.title} picture of {header.width:,} x {header.height:,} pixels"


def _run(data: bytes, header: Header, pipeline: Pipeline, deadline: Deadline) -> Result:
    notes: list[str] = []
    metadata = container_of(header.format).read_metadata(io.BytesIO(data), len(data))
    made = shortcuts.attempt(data, header, pipeline)
    if made is None:
        made = _the_long_way(data, header, pipeline, deadline, notes)
    clock = _Clock()
    kept = _carried(metadata, header, made, pipeline, notes)
    encoded = container_of(made.format).with_metadata(made.encoded, kept)
    timings = replace(made.timings, encode=made.timings.encode + clock.lap())
    output_sha256 = hashlib.sha256(encoded).hexdigest()
    facts = ImageFacts(made.format, made.width, made.height, len(encoded), output_sha256)
    input_sha256 = hashlib.sha256(data).hexdigest()
    report = Provenance(input_sha256, pipeline.canonical, output_sha256, made.path, versions())
    return Result(encoded, facts, timings, report, tuple(notes))


def _the_long_way(
    data: bytes, header: Header, pipeline: Pipeline, deadline: Deadline, notes: list[str]
) -> Made:
    """Decoded, filtered, encoded."""
    clock = _Clock()
    picture = _decoded(data, header, pipeline)
    decode_s = clock.lap()
    for filter_ in pipeline.filters:
        deadline.check()
        picture = _step(filter_, picture, notes)
    deadline.check()
    filter_s = clock.lap()
    target = header.format if pipeline.output.format == "same" else pipeline.output.format
    format_ = FORMATS[target]
    picture = _storable(picture, format_, notes)
    encoded = codec_of(target).encode(picture, _options(header, pipeline, format_))
    timings = Timings(decode=decode_s, filter=filter_s, encode=clock.lap())
    return Made(encoded, target, picture.width, picture.height, picture.is_gray, timings)


class _Clock:
    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last one."""
        last, self._last = self._last, time.perf_counter()
        return self._last - last


def _decoded(data: bytes, header: Header, pipeline: Pipeline) -> Picture:
    luma_only = bool(pipeline.filters) and pipeline.filters[0].traits.luma_only
    smaller = shrink_on_load.factor(header, pipeline)
    if smaller > 1:
        picture = jpeg.decode(data, header, luma_only=luma_only, smaller=smaller)
    else:
        picture = codec_of(header.format).decode(data, header, luma_only=luma_only)
    if (picture.width, picture.height) != (-(-header.width // smaller), -(-header.height // smaller)):
        raise Unprocessable(
            f"the {header.title} file contradicts itself: its header says {header.width} x {header.height} "
            f"pixels, and {picture.width * smaller} x {picture.height * smaller} are in it"
        )
    return Picture(upright(picture.pixels, header.orientation))


def _step(filter_: Filter, picture: Picture, notes: list[str]) -> Picture:
    if picture.is_deep and not filter_.takes_16_bit:
        notes.append(f"{filter_.name} works in 8 bits: the picture was reduced from 16")
        picture = in_8_bits(picture)
    return filtered(filter_, picture)


def _storable(picture: Picture, format_: Format, notes: list[str]) -> Picture:
    """What the format cannot hold is reduced, and noted."""
    if max(picture.width, picture.height) > format_.max_side:
        raise Unprocessable(
            f"{format_.title} holds at most {format_.max_side:,} pixels to a side, and the result has "
            f"{picture.width:,} x {picture.height:,}: choose another format"
        )
    if picture.is_deep and not format_.stores_16_bit:
        notes.append(f"{format_.title} stores 8 bits: the picture was reduced from 16")
        picture = in_8_bits(picture)
    if picture.has_alpha and not format_.stores_alpha:
        notes.append(f"{format_.title} stores no transparency: the picture was laid over white")
        picture = on_white(picture)
    return picture


def _options(header: Header, pipeline: Pipeline, format_: Format) -> EncodeOptions:
    quality = pipeline.output.quality
    lossless = quality is None and format_.name == header.format and header.lossless
    subsampled = header.subsampled if format_.name == header.format == "jpeg" else True
    return EncodeOptions(quality or DEFAULT_QUALITY, subsampled=subsampled, lossless=lossless)


def _carried(
    metadata: Metadata, header: Header, made: Made, pipeline: Pipeline, notes: list[str]
) -> Metadata:
    """What goes along into the result."""
    format_ = FORMATS[made.format]
    kept = metadata if pipeline.output.keep_metadata else metadata.impersonal()
    kept = kept.turned(header.sideways)
    exif = exif_copy.upright(kept.exif, made.width, made.height) if kept.exif else None
    icc = profiles.fitting(metadata.icc, gray=made.gray and format_.stores_gray)
    if metadata.icc and header.colour is not Colour.CMYK:
        if not format_.stores_profile:
            icc = None
            notes.append(f"{format_.title} stores no colour profile: it was left out")
        elif icc is None:
            notes.append("the colour profile does not fit the result: it was left out")
    colour = kept.png_colour if format_.name == "png" else ()
    return Metadata(icc, exif, kept.xmp, kept.dots_per_inch, colour)
