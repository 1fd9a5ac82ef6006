"""A JPEG blurred or made smaller as it is stored: as planes of light and of (fewer) colour differences.

Both filters treat each channel alike and are linear, and so is the way from YCbCr to RGB: the result is the
same, but for roundings and colours that RGB cuts off. With colour at half the resolution it is half the
samples, and no conversion there and back. What is made much smaller is decoded smaller to begin with.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dpip.domain import Timings
from imaging import turbo
from imaging.filters.blur import Blur
from imaging.filters.resize import Resize
from imaging.filters.thumbnail import Thumbnail
from imaging.gaussian import gaussian, gaussian_scratch_bytes
from imaging.geometry import Size
from imaging.lazy import cv2
from imaging.made import Made
from imaging.pipeline import Pipeline
from imaging.resampling import Extent, Kernel, resampled
from imaging.scans import written_progressive
from imaging.shape import Shape
from imaging.shaping import upright
from imaging.shortcuts import shrink_on_load
from imaging.shortcuts.base import stays_jpeg
from imaging.structure import UPRIGHT, Colour, Header
from imaging.turbo import Planes, Sampling
from imaging.turns import swaps_sides

if TYPE_CHECKING:
    from imaging.filters.base import Filter
    from imaging.picture import Pixels

PATH = "JPEG: filtered as planes of light and colour differences"
_SAMPLINGS = (Sampling.FULL, Sampling.HALF)  # as far apart across as down
_EVEN = 2
_COEFFICIENT_BYTES = 2
_RESULT_BYTES_PER_PIXEL = 0.35  # twice: as it is written, and the bytes made of it


def applies(header: Header, pipeline: Pipeline) -> bool:
    return (
        stays_jpeg(header, pipeline, at_any_quality=True)
        and header.colour is Colour.RGB
        and len(pipeline.filters) == 1
        and _keeps_planes(pipeline.filters[0], header)
        and turbo.available()
    )


def _keeps_planes(filter_: Filter, header: Header) -> bool:
    """A blur; or what makes smaller, cuts nothing, and mixes levels as stored."""
    if type(filter_) is Blur:
        return True
    if type(filter_) is Resize:
        fit = filter_.mode != "fill" and not filter_.linear_light and filter_.kernel != "nearest"
    else:
        fit = type(filter_) is Thumbnail and filter_.mode == "fit"
    if not fit:
        return False
    after = _size_after(filter_, header)
    return after.width < header.oriented_width and after.height < header.oriented_height


def _size_after(filter_: Filter, header: Header) -> Size:
    after = filter_.shape_after(Shape(header.oriented_width, header.oriented_height, 3, 1))
    return Size(after.width, after.height)


def make(data: bytes, header: Header, pipeline: Pipeline) -> Made | None:
    filter_ = pipeline.filters[0]
    after = _size_after(filter_, header)
    from imaging.codecs.options import DEFAULT_QUALITY  # noqa: PLC0415 - as in `unchanged`

    start = time.perf_counter()
    smaller = _decoded_smaller(header, pipeline)
    planes = turbo.decoded_planes(data, smaller)
    if planes is None or not _can_be_turned(planes.sampling, after, header.orientation):
        return None
    decoded = time.perf_counter()
    as_stored = Size(after.height, after.width) if header.sideways else after
    if smaller > 1 and isinstance(filter_, Resize | Thumbnail) and _kernel(filter_) == "auto":
        # the decoder has taken blocks together, as `auto` does before Lanczos
        filter_ = Resize(width=as_stored.width, height=as_stored.height, mode="exact", kernel="lanczos")
    planes = _filtered(planes, filter_, as_stored, (header.width / smaller, header.height / smaller))
    planes = _turned(planes, header.orientation)
    done = time.perf_counter()
    quality, progressive = pipeline.output.quality or DEFAULT_QUALITY, written_progressive(header, pipeline)
    encoded = turbo.encoded_planes(planes, quality, progressive=progressive)
    if encoded is None:
        return None
    timings = Timings(decode=decoded - start, filter=done - decoded, encode=time.perf_counter() - done)
    return Made(encoded, "jpeg", after.width, after.height, gray=False, timings=timings, path=PATH)


def _can_be_turned(sampling: Sampling, size: Size, orientation: int) -> bool:
    """Mirrored, samples of colour stand where they should only if none covers less than the others."""
    if sampling not in _SAMPLINGS:
        return False
    whole = size.width % _EVEN == 0 and size.height % _EVEN == 0
    return orientation == UPRIGHT or whole or sampling is Sampling.FULL


def _decoded_smaller(header: Header, pipeline: Pipeline) -> int:
    return shrink_on_load.factor(header, pipeline, by_extent=_kernel(pipeline.filters[0]) != "area")


def _kernel(filter_: Filter) -> Kernel:
    return filter_.kernel if isinstance(filter_, Resize) else "auto"


def _filtered(planes: Planes, filter_: Filter, size: Size, extent: Extent) -> Planes:
    """`extent`: of the picture in the planes, in pixels of luma."""
    luma, *colour = planes.planes
    luma = luma[: planes.height, : planes.width]  # without its filling
    found = [_filtered_plane(luma, filter_, size, 1, extent)]
    found[0] = _filled(found[0], turbo.plane_size(0, *size, planes.sampling))
    for component, plane in enumerate(colour, start=1):
        inner = turbo.plane_size(component, *size, planes.sampling)
        found.append(_filtered_plane(plane, filter_, inner, planes.sampling.across, extent))
    return Planes(*size, planes.sampling, tuple(found))


def _filtered_plane(
    plane: Pixels, filter_: Filter, size: Size, pixels_per_sample: int, extent: Extent
) -> Pixels:
    """Each sample of the plane stands for that many pixels, across and down."""
    if isinstance(filter_, Blur):
        return gaussian(plane, filter_.sigma / pixels_per_sample)
    across, down = extent
    return resampled(plane, size, _kernel(filter_), (across / pixels_per_sample, down / pixels_per_sample))


def _filled(plane: Pixels, size: Size) -> Pixels:
    """What is beyond the picture repeats its last row and column."""
    height, width = plane.shape
    if (width, height) == size:
        return plane
    return cv2.copyMakeBorder(plane, 0, size.height - height, 0, size.width - width, cv2.BORDER_REPLICATE)


def _turned(planes: Planes, orientation: int) -> Planes:
    if orientation == UPRIGHT:
        return planes
    size = (planes.height, planes.width) if swaps_sides(orientation) else (planes.width, planes.height)
    turned = tuple(upright(plane, orientation) for plane in planes.planes)
    return Planes(*size, planes.sampling, turned)


def peak_bytes(header: Header, pipeline: Pipeline) -> int:
    """Planes before, and luma's filtering beside them; or planes after, and their encoding."""
    filter_ = pipeline.filters[0]
    after = _size_after(filter_, header)
    samples = 1.5 if header.subsampled else 3.0
    factor = _decoded_smaller(header, pipeline)
    before = Shape(-(-header.width // factor), -(-header.height // factor), 1, 1)
    decoding = before.pixels * samples
    if header.progressive:
        decoding += _COEFFICIENT_BYTES * samples * header.width * header.height
    if isinstance(filter_, Blur):
        beside = before.pixels + gaussian_scratch_bytes(before, filter_.sigma)
    else:
        beside = after.width * after.height + filter_.scratch_bytes(before)
    coefficients = _COEFFICIENT_BYTES * samples if written_progressive(header, pipeline) else 0
    encoding = (samples + coefficients + 2 * _RESULT_BYTES_PER_PIXEL) * after.width * after.height
    turning = (1 if header.orientation == UPRIGHT else 2) * samples * after.width * after.height
    return int(max(decoding, before.pixels * samples + beside, turning, encoding))
