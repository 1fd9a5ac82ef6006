"""What filters there are, for those who choose one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imaging.families import FROM_PACKAGES, family_of, place_of
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
    family: str = FROM_PACKAGES  # what kind of thing it does
    origin: str = OWN  # the package that it comes from
    problem: str | None = None


def catalogue() -> tuple[FilterDescription, ...]:
    """Filters by family, `convert` that says how the result is stored, then plug-ins, broken ones last."""
    found = plugins()
    steps: list[type[Step]] = sorted(
        (*known_filters().values(), Convert), key=lambda step: place_of(step.name)
    )
    return (
        *(_described(step, found.origins.get(step.name, OWN)) for step in steps),
        *(
            FilterDescription(name, "cannot be used", problem=trouble)
            for name, trouble in found.troubles.items()
        ),
    )


def _described(step: type[Step], origin: str) -> FilterDescription:
    example = f"{step.name}:{step.example}" if step.example else step.name
    schema, family = step.model_json_schema(), family_of(step.name)
    return FilterDescription(step.name, step.summary, schema, example, family, origin)
