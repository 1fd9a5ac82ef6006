"""What filters there are, for those who choose one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imaging.output import Convert
from imaging.plugins import OWN, known_filters, plugins
from imaging.step import Step


@dataclass(frozen=True, slots=True)
class FilterDescription:
    """A filter; or, with a `problem`, a plug-in that should be one and cannot be used."""

    name: str
    summary: str  # a line
    parameters: dict[str, Any] = field(default_factory=dict)  # JSON Schema, with units, ranges and defaults
    example: str = ""  # a pipeline
    origin: str = OWN  # the package that it comes from
    problem: str | None = None


def catalogue() -> tuple[FilterDescription, ...]:
    """All filters by name; `convert`, which says how the result is stored; and plug-ins that are broken."""
    found = plugins()
    steps: tuple[type[Step], ...] = (*known_filters().values(), Convert)
    return (
        *(_described(step, found.origins.get(step.name, OWN)) for step in steps),
        *(
            FilterDescription(name, "cannot be used", problem=trouble)
            for name, trouble in found.troubles.items()
        ),
    )


def _described(step: type[Step], origin: str) -> FilterDescription:
    example = f"{step.name}:{step.example}" if step.example else step.name
    return FilterDescription(step.name, step.summary, step.model_json_schema(), example, origin)
