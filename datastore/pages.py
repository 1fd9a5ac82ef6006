"""Slices of long lists. A cursor is the id of the last item, so that pages neither repeat nor skip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from dpip.ports import Page

T = TypeVar("T")


def page(found: Sequence[T], limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """A page from up to `limit` + 1 items: the one too many tells that there is more."""
    items = tuple(found[:limit])
    return Page(items, cursor(items[-1]) if items and len(found) > limit else None)


def id_range(workload_id: str) -> tuple[str, str]:
    """Between these two texts lie the ids of all images and jobs of a workload, and no others.

    An image's id is its workload's, a hyphen and more; a full stop is the character after the hyphen.
    """
    return f"{workload_id}-", f"{workload_id}."
