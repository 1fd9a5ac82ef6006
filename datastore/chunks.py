"""Databases bound the number of parameters of a statement; long lists go in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

CHUNK = 1000  # SQLite allows 32,766 parameters, PostgreSQL 65,535


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Consecutive pieces of `items` of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
