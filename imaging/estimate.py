"""How much memory a job will need, told from the header before anything is decoded."""

from __future__ import annotations

from imaging import codec_memory, deflate, sequence_memory, shortcuts
from imaging.admission import decoded_shape, shapes_after
from imaging.extension import extended_scratch_bytes
from imaging.filters.base import Alpha, Filter
from imaging.formats import FORMATS
from imaging.pipeline import Pipeline
from imaging.scans import written_progressive
from imaging.several import keeps_all
from imaging.shape import Shape
from imaging.structure import Colour, Header

_FLOAT_BYTES = 4
WORKING_BYTES = 4 * 2**20  # tables, small buffers
_COEFFICIENT_BYTES = 2  # of a sample that a JPEG stores
_LOSSY_BYTES_PER_SAMPLE = 0.35  # of the encoded result; photographs at quality 90 stay below
_WEBP_BYTES_PER_PIXEL = 9  # the pixels in its order, its own planes and tokens
_WEBP_LOSSLESS_BYTES_PER_PIXEL = 32
_PACKED_BYTES_PER_SAMPLE = 0.75  # of PNG and TIFF, of photographs


def estimate_memory(header: Header, pipeline: Pipeline) -> int:
    """Peak bytes that `run` needs beyond what the process has: the file, pixels, scratch, the result."""
    return int(header.size_bytes + _peak(header, pipeline) + WORKING_BYTES)


def _peak(header: Header, pipeline: Pipeline) -> int:
    """Beside the file and what is always there."""
    short = shortcuts.peak_bytes(header, pipeline)
    if short is not None:
        return short
    target = header.format if pipeline.output.format == "same" else pipeline.output.format
    if keeps_all(header, FORMATS[target]):
        results = [_last_shape(page, pipeline) for page in header.pages or (header,)]
        return sequence_memory.estimate(header, pipeline, target, _of_one, results)
    return _of_one(header, pipeline)


def _of_one(header: Header, pipeline: Pipeline) -> int:
    """Of a single picture, decoded, filtered, encoded."""
    shape = decoded_shape(header, pipeline)
    peak = decoder_peak(header, shape)
    if header.composed:  # the first of several: a copy of the file, or the canvas
        peak += header.size_bytes if header.format == "tiff" else shape.size_bytes + shape.alpha_bytes
    for filter_ in pipeline.filters:
        after = filter_.shape_after(shape)
        peak = max(peak, filter_peak(filter_, shape, after))
        shape = after
    return max(peak, shape.size_bytes + shape.alpha_bytes + encoder_bytes(header, pipeline, shape))


def _keeps_few_colours(filter_: Filter) -> bool:
    return filter_.traits.keeps_alike or filter_.as_orientation() is not None


def _last_shape(header: Header, pipeline: Pipeline) -> Shape:
    shapes = [shape for _, shape in shapes_after(header, pipeline)]
    return shapes[-1] if shapes else decoded_shape(header, pipeline)


def decoder_peak(header: Header, shape: Shape) -> int:
    """Beside the file, until the picture of this shape is decoded."""
    known = codec_memory.decoding(header, shape)
    if known is not None:
        return known
    peak = shape.size_bytes * (2 if _twice_decoded(header) else 1)
    if header.format == "tiff":  # the decoder works on a copy of the file, in whole strips
        peak = 2 * shape.size_bytes + header.size_bytes
    if header.format == "png":  # libpng's rows and OpenCV's copy of them
        stored = shape.size_bytes + shape.alpha_bytes
        peak = 2 * stored + deflate.held_bytes(stored)
    if header.progressive:
        peak += _coefficient_bytes(header)
    return peak


def _twice_decoded(header: Header) -> bool:
    """Turning and Pillow's own copy hold a second picture for a moment."""
    return header.sideways or not header.plain


def _coefficient_bytes(header: Header) -> int:
    """Two bytes for each sample that is stored."""
    planes = {Colour.GRAY: 1.0, Colour.CMYK: 4.0}.get(header.colour, 1.5 if header.subsampled else 3.0)
    return int(_COEFFICIENT_BYTES * planes * header.width * header.height)


def filter_peak(filter_: Filter, before: Shape, after: Shape) -> int:
    """While it runs: what it is given, what it makes, and what it needs beside."""
    alpha = before.alpha_bytes
    if not before.has_alpha or filter_.traits.alpha is Alpha.WITHIN:
        held = before.size_bytes + alpha + after.size_bytes + after.alpha_bytes
        return held + filter_.scratch_bytes(before)
    if filter_.traits.alpha in (Alpha.APART, Alpha.EXTENDED):
        parted = before.size_bytes + alpha
        working = after.size_bytes + max(filter_.scratch_bytes(before), after.size_bytes + alpha)
        if filter_.traits.alpha is Alpha.EXTENDED:
            working = max(working, extended_scratch_bytes(before))
        return parted + before.size_bytes + working
    weighted = Shape(before.width, before.height, before.channels + 1, _FLOAT_BYTES)
    return before.size_bytes + alpha + 2 * weighted.size_bytes + filter_.scratch_bytes(weighted)


def encoder_bytes(header: Header, pipeline: Pipeline, shape: Shape) -> int:
    """Beside the picture of this shape, the encoded result among them."""
    target = header.format if pipeline.output.format == "same" else pipeline.output.format
    few_colours = target == header.format == "gif" and all(map(_keeps_few_colours, pipeline.filters))
    known = codec_memory.encoding(target, shape, few_colours=few_colours)
    if known is not None:
        return known
    stored = shape.size_bytes + shape.alpha_bytes
    if target == "bmp":
        return 2 * stored  # the buffer, and the bytes made of it
    if target == "webp":
        lossless = header.format == "webp" and header.lossless and pipeline.output.quality is None
        if pipeline.output.lossless is not None:
            lossless = pipeline.output.lossless
        return shape.pixels * (_WEBP_LOSSLESS_BYTES_PER_PIXEL if lossless else _WEBP_BYTES_PER_PIXEL)
    if FORMATS[target].stores_16_bit:
        return int(2 * stored * _PACKED_BYTES_PER_SAMPLE)
    coefficients = 0.0
    if written_progressive(header, pipeline):  # all are held until the last scan is written
        coefficients = _COEFFICIENT_BYTES * (
            1.0 if shape.channels == 1 else 1.5 if header.subsampled or header.format != "jpeg" else 3.0
        )
    return int(2 * stored * _LOSSY_BYTES_PER_SAMPLE + coefficients * shape.pixels)
