"""Long lists, in slices; and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
Clock = Callable[[], float]  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a long list. `next` is the cursor to ask for the following slice, None at the end."""

    items: tuple[T, ...]
    next: str | None = None
