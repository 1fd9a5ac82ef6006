"""The eight ways to turn and mirror a picture, named by the EXIF orientation that they undo."""

from __future__ import annotations

from collections.abc import Iterable

from imaging.structure import UPRIGHT

_Square = tuple[int, int, int, int]  # two rows of two, one after the other
_TURNED: dict[int, _Square] = {  # which corner comes where
    1: (0, 1, 2, 3),
    2: (1, 0, 3, 2),  # mirrored left to right
    3: (3, 2, 1, 0),  # half a turn
    4: (2, 3, 0, 1),  # mirrored top to bottom
    5: (0, 2, 1, 3),  # transposed
    6: (2, 0, 3, 1),  # a quarter clockwise
    7: (3, 1, 2, 0),  # transposed about the other diagonal
    8: (1, 3, 0, 2),  # a quarter counterclockwise
}
_BY_CORNERS = {corners: orientation for orientation, corners in _TURNED.items()}


def composed(orientations: Iterable[int]) -> int:
    """One orientation that does what these do one after the other."""
    corners = _TURNED[UPRIGHT]
    for orientation in orientations:
        first, second, third, fourth = _TURNED[orientation]
        corners = corners[first], corners[second], corners[third], corners[fourth]
    return _BY_CORNERS[corners]


def swaps_sides(orientation: int) -> bool:
    """Whether width and height change places."""
    first, second, *_ = _TURNED[orientation]
    return abs(first - second) != 1  # corners that were beside each other are not any more
