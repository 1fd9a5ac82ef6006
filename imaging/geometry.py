"""Sizes, places and shares of pictures, as parameters and as numbers of pixels."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

MAX_SIDE = 65_535  # pixels that a parameter can ask for
_NUMBER = r"\d{1,6}(?:\.\d{1,6})?"
_LENGTH = re.compile(rf"({_NUMBER})\s*(%|px)?")
_ASPECT = re.compile(rf"({_NUMBER})\s*[:/]\s*({_NUMBER})")
_MOST_ELONGATED = 100.0

Gravity: TypeAlias = Literal[
    "center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"
]
_SHARES = MappingProxyType(  # of the room to the left and above
    {
        "center": (0.5, 0.5),
        "north": (0.5, 0.0),
        "northeast": (1.0, 0.0),
        "east": (1.0, 0.5),
        "southeast": (1.0, 1.0),
        "south": (0.5, 1.0),
        "southwest": (0.0, 1.0),
        "west": (0.0, 0.5),
        "northwest": (0.0, 0.0),
    }
)


class Size(NamedTuple):
    """In pixels."""

    width: int
    height: int


class Box(NamedTuple):
    """In pixels, from the upper left corner."""

    x: int
    y: int
    width: int
    height: int


def placed(outer: Size, inner: Size, gravity: str) -> tuple[int, int]:
    """Where the upper left corner of `inner` stands in `outer`; negative where it is the larger one."""
    across, down = _SHARES[gravity]
    return int((outer.width - inner.width) * across), int((outer.height - inner.height) * down)


def scaled(size: Size, factor: float) -> Size:
    """At least a pixel to each side."""
    return Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))


def of_aspect(size: Size, aspect: float, *, around: bool = False) -> Size:
    """The largest of this ratio of width to height that fits in `size`; or the smallest around it."""
    too_wide = size.width > size.height * aspect
    if too_wide != around:
        return Size(max(1, round(size.height * aspect)), size.height)
    return Size(size.width, max(1, round(size.width / aspect)))


def _as_text(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def canonical_length(text: str) -> str:
    """`120` pixels or `12.5%`. Raises ValueError: what would be right."""
    match = _LENGTH.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"a length is pixels (120) or a share (12.5%), and {text[:60]!r} is not")
    return f"{float(match[1]):g}" + ("%" if match[2] == "%" else "")


def canonical_aspect(text: str) -> str:
    """`16:9`. Raises ValueError: what would be right."""
    match = _ASPECT.fullmatch(text.strip())
    if match is None or not 1 / _MOST_ELONGATED <= _ratio(match[1], match[2]) <= _MOST_ELONGATED:
        raise ValueError(
            f"an aspect is width:height as in 16:9, at most {_MOST_ELONGATED:g}:1, and {text[:60]!r} is not"
        )
    return f"{float(match[1]):g}:{float(match[2]):g}"


def _ratio(width: str, height: str) -> float:
    return float(width) / float(height) if float(height) else 0.0


Length = Annotated[
    str,
    BeforeValidator(_as_text),
    AfterValidator(canonical_length),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9.]+(%|px)?$",
            "examples": ["120", "12.5%"],
            "unit": "pixels or %",
        }
    ),
]
"""A field of a step: the canonical text (a default must be canonical, too). See `pixels`."""

Aspect = Annotated[
    str,
    AfterValidator(canonical_aspect),
    WithJsonSchema({"type": "string", "pattern": "^[0-9.]+[:/][0-9.]+$", "examples": ["16:9", "1:1"]}),
]
"""A field of a step: width:height. See `ratio`."""


def pixels(length: str, whole: int) -> int:
    """A length in pixels; a share is one of `whole`."""
    if length.endswith("%"):
        return round(float(length[:-1]) * whole / 100)
    return round(float(length))


def ratio(aspect: str) -> float:
    """Width by height."""
    width, height = aspect.split(":")
    return float(width) / float(height)
