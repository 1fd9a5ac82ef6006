"""A colour as a parameter: `#rrggbb`, `#rrggbbaa`, or a name."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import AfterValidator, WithJsonSchema

from imaging.lazy import np

if TYPE_CHECKING:
    from imaging.picture import Pixels

NAMED = MappingProxyType(
    {
        "aqua": "#00ffff",
        "black": "#000000",
        "blue": "#0000ff",
        "cyan": "#00ffff",
        "fuchsia": "#ff00ff",
        "gray": "#808080",
        "green": "#008000",
        "grey": "#808080",
        "lime": "#00ff00",
        "magenta": "#ff00ff",
        "maroon": "#800000",
        "navy": "#000080",
        "olive": "#808000",
        "orange": "#ffa500",
        "purple": "#800080",
        "red": "#ff0000",
        "silver": "#c0c0c0",
        "teal": "#008080",
        "transparent": "#00000000",
        "white": "#ffffff",
        "yellow": "#ffff00",
    }
)
_HEXADECIMAL = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_SHORT = 5  # characters of #rgba
_OPAQUE = "ff"
_LONG = 9  # characters of #rrggbbaa


class Rgba(NamedTuple):
    """Levels from 0 to 255 as in sRGB, not multiplied by alpha; alpha 255 hides what is below."""

    red: int
    green: int
    blue: int
    alpha: int = 255

    @property
    def luma(self) -> float:
        """BT.601, as `grayscale` has it."""
        return 0.299 * self.red + 0.587 * self.green + 0.114 * self.blue


def canonical_colour(text: str) -> str:
    """`#rrggbb`, or `#rrggbbaa` when it can be seen through. Raises ValueError: what would be right."""
    code = NAMED.get(text.strip().lower(), text.strip().lower())
    if not _HEXADECIMAL.fullmatch(code):
        raise ValueError(
            f"a colour is #rrggbb, #rrggbbaa, or one of {', '.join(NAMED)}, and {text[:60]!r} is not"
        )
    if len(code) <= _SHORT:
        code = "#" + "".join(2 * digit for digit in code[1:])
    return code[:-2] if len(code) == _LONG and code.endswith(_OPAQUE) else code


CssColour = Annotated[
    str,
    AfterValidator(canonical_colour),
    WithJsonSchema(
        {
            "type": "string",
            "format": "color",
            "pattern": "^#[0-9a-fA-F]{3,8}$|^[a-zA-Z]+$",
            "examples": ["#ffcc00", "#ffcc0080", "navy"],
        }
    ),
]
"""A field of a step. The value is the canonical text (a default must be canonical, too): see `rgba`."""


def rgba(colour: str) -> Rgba:
    """The levels of a colour in any of its notations."""
    digits = canonical_colour(colour)[1:]
    return Rgba(*(int(digits[at : at + 2], 16) for at in range(0, len(digits), 2)))


def samples(colour: str, pixels: Pixels) -> tuple[float, ...]:
    """The colour in the range and order of `pixels`, without alpha: luma, or blue, green, red."""
    level = rgba(colour)
    unit = np.iinfo(pixels.dtype).max / 255
    if pixels.ndim == 2 or pixels.shape[2] == 1:  # noqa: PLR2004 - dimensions of gray
        return (level.luma * unit,)
    return (level.blue * unit, level.green * unit, level.red * unit)
