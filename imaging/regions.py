"""Parts of a picture as a parameter: `x y width height`, several parted by `;`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from imaging.geometry import Box, Size, canonical_length, pixels

MAX_REGIONS = 100
_NUMBERS = 4


def canonical_regions(text: str) -> str:
    """`10 20 30% 40%; 0 0 5 5`. Raises ValueError: what would be right."""
    regions = [region.split() for region in text.split(";") if region.strip()]
    if not 1 <= len(regions) <= MAX_REGIONS or any(len(region) != _NUMBERS for region in regions):
        raise ValueError(
            f"regions are x, y, width and height as in 10 20 100 50, at most {MAX_REGIONS} parted by ;, "
            f"and {text[:60]!r} is not"
        )
    return "; ".join(" ".join(canonical_length(number) for number in region) for region in regions)


Regions = Annotated[
    str,
    AfterValidator(canonical_regions),
    WithJsonSchema({"type": "string", "examples": ["10 20 100 50; 50% 50% 10% 10%"], "unit": "pixels or %"}),
]
"""A field of a step: the canonical text. See `boxes`."""


def boxes(regions: str, whole: Size) -> list[tuple[str, Box]]:
    """Each region as it was written, and the part of it that lies in the picture (maybe of no size)."""
    found = []
    for region in regions.split("; "):
        x, y, width, height = region.split()
        left, top = pixels(x, whole.width), pixels(y, whole.height)
        right = min(left + max(1, pixels(width, whole.width)), whole.width)
        bottom = min(top + max(1, pixels(height, whole.height)), whole.height)
        found.append((region, Box(left, top, max(0, right - left), max(0, bottom - top))))
    return found
