"""A small matrix as a parameter: numbers parted by spaces, rows by semicolons.

A square needs no semicolons; a single row ends with one.
"""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from imaging.lazy import np
from imaging.picture import Pixels

MAX_SIDE = 15
_LARGEST = 1e6


def canonical_matrix(text: str) -> str:
    """The one text of a matrix. Raises ValueError, saying what would be right."""
    parted = text.strip().removesuffix(";").split(";")
    rows = [[_number(word) for word in row.split()] for row in parted]
    if len(rows) == 1 and ";" not in text:
        side = math.isqrt(len(rows[0]))
        if side**2 != len(rows[0]) or not side % 2:
            raise ValueError(
                f"a matrix of {len(rows[0])} numbers is no odd square (1, 9, 25 ... {MAX_SIDE**2} numbers): "
                "part its rows by ;"
            )
        rows = [rows[0][at : at + side] for at in range(0, side**2, side)]
    width, height = len(rows[0]), len(rows)
    if any(len(row) != width for row in rows):
        raise ValueError("all rows of a matrix must have as many numbers")
    if not (width % 2 and height % 2 and max(width, height) <= MAX_SIDE):
        raise ValueError(
            f"a matrix has an odd number of rows and columns, at most {MAX_SIDE}; not {height} x {width}"
        )
    between, end = (" ", "") if width == height else (";", ";" if height == 1 else "")
    return between.join(" ".join(repr(number).removesuffix(".0") for number in row) for row in rows) + end


def _number(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        raise ValueError(f"a matrix is numbers parted by spaces, and {word[:20]!r} is none") from None
    if not abs(number) <= _LARGEST:
        raise ValueError(f"numbers of a matrix are from {-_LARGEST:,.0f} to {_LARGEST:,.0f}, not {word[:20]}")
    return number + 0.0  # no -0


MatrixText = Annotated[
    str,
    AfterValidator(canonical_matrix),
    WithJsonSchema(
        {"type": "string", "format": "matrix", "examples": ["0 -1 0 -1 5 -1 0 -1 0", "-1 0 1;-2 0 2;-1 0 1"]}
    ),
]
"""A field of a step. The value is the canonical text: see `matrix_of`."""


def matrix_of(text: str) -> Pixels:
    """Rows x columns, float64."""
    code = canonical_matrix(text)
    rows = code.removesuffix(";").split(";")
    numbers = np.array([float(word) for row in rows for word in row.split()])
    height = len(rows) if ";" in code else math.isqrt(len(numbers))
    return numbers.reshape(height, -1)
