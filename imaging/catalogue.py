"""What filters there are, for those who choose one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imaging.filters import FILTERS
from imaging.output import Convert
from imaging.step import Step


@dataclass(frozen=True, slots=True)
class FilterDescription:
    name: str
    summary: str  # a line
    parameters: dict[str, Any]  # JSON Schema, with units, ranges and defaults


def catalogue() -> tuple[FilterDescription, ...]:
    """All filters by name, and `convert`, which says how the result is stored."""
    steps: tuple[type[Step], ...] = (*FILTERS.values(), Convert)
    return tuple(FilterDescription(step.name, step.summary, step.model_json_schema()) for step in steps)
