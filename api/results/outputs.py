"""Outputs of a workload by their names, as the ids of filtered images say them."""

from __future__ import annotations

_SEPARATOR = "-"
_PARTS = 3  # a workload's id, the place of the original in it, and the output's name


def output_of(image_id: str) -> tuple[str, str] | None:
    """The original's id and the output's name in the id of a filtered image; None for any other id."""
    parts = image_id.split(_SEPARATOR, _PARTS - 1)
    if len(parts) < _PARTS or not all(parts):
        return None
    *original, output = parts
    return _SEPARATOR.join(original), output
