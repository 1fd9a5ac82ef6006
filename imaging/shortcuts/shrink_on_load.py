"""A JPEG that is made much smaller is decoded smaller to begin with: at a half, a quarter or an eighth.

The decoder then takes only the low frequencies of each block, which is quick. At least another half is left
to the filter's own kernel, so that what the decoder's cruder one lets through is averaged away.
"""

from __future__ import annotations

from imaging.filters.resize import Resize
from imaging.pipeline import Pipeline
from imaging.shape import Shape
from imaging.structure import Header

_FACTORS = (8, 4, 2)
_LEFT_TO_THE_FILTER = 2


def factor(header: Header, pipeline: Pipeline) -> int:
    """How much smaller to decode: 1, 2, 4 or 8. Only where the result keeps its size."""
    filter_ = pipeline.filters[0] if pipeline.filters else None
    if header.format != "jpeg" or not header.plain or type(filter_) is not Resize or filter_.linear_light:
        return 1
    whole = Shape(header.oriented_width, header.oriented_height, 3, 1)
    after = filter_.shape_after(whole)
    if filter_.kernel == "nearest":
        return 1
    for smaller in _FACTORS:
        decoded = Shape(-(-whole.width // smaller), -(-whole.height // smaller), 3, 1)
        enough = _LEFT_TO_THE_FILTER * after.width <= decoded.width
        enough = enough and _LEFT_TO_THE_FILTER * after.height <= decoded.height
        if enough and filter_.shape_after(decoded) == after:
            return smaller
    return 1
