"""A JPEG that is made much smaller is decoded smaller to begin with: at a half, a quarter or an eighth.

The decoder then takes only the low frequencies of each block, which is quick. At least another half is left
to the filter's own kernel, so that what the decoder's cruder one lets through is averaged away.
"""

from __future__ import annotations

import math

from imaging.filters.base import Filter
from imaging.filters.resize import Resize
from imaging.filters.thumbnail import Thumbnail
from imaging.pipeline import Pipeline
from imaging.saliency import CONTENT
from imaging.shape import Shape
from imaging.structure import Header

_FACTORS = (8, 4, 2)
_LEFT_TO_THE_FILTER = 2
_OUT_OF_PLACE = 0.1  # pixels of the result, at most: the decoded size is rounded up


def factor(header: Header, pipeline: Pipeline, *, by_extent: bool = False) -> int:
    """How much smaller to decode: 1, 2, 4 or 8. Only where the result keeps its size.

    `by_extent`: what is decoded is resampled with its exact, fractional extent.
    """
    filter_ = pipeline.filters[0] if pipeline.filters else None
    if header.format != "jpeg" or not header.plain or filter_ is None or not _averages(filter_):
        return 1
    whole = Shape(header.oriented_width, header.oriented_height, 3, 1)
    after = filter_.shape_after(whole)
    allowed = math.inf if by_extent else _OUT_OF_PLACE
    for smaller in _FACTORS:
        decoded = Shape(-(-whole.width // smaller), -(-whole.height // smaller), 3, 1)
        if (
            _is_enough(smaller, whole.width, after.width, allowed)
            and _is_enough(smaller, whole.height, after.height, allowed)
            and (by_extent or filter_.shape_after(decoded) == after)
        ):
            return smaller
    return 1


def _is_enough(smaller: int, before: int, after: int, allowed: float) -> bool:
    decoded = -(-before // smaller)
    out_of_place = (decoded * smaller - before) / before * after
    return decoded >= _LEFT_TO_THE_FILTER * after and out_of_place <= allowed


def _averages(filter_: Filter) -> bool:
    """Its pixels are means of stored levels, and it looks at nothing else."""
    if type(filter_) is Resize:
        return not filter_.linear_light and filter_.kernel != "nearest"
    return type(filter_) is Thumbnail and (filter_.mode == "fit" or filter_.gravity not in CONTENT)
