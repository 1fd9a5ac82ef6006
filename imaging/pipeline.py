"""A pipeline: filters in order, and how the result is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from imaging.filters.base import Filter
from imaging.output import Convert
from imaging.quoting import quoted
from imaging.step import Step


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Made by `parse_pipeline`."""

    filters: tuple[Filter, ...] = ()
    output: Convert = field(default_factory=Convert)

    @property
    def canonical(self) -> str:
        """The one text of this pipeline: `parse_pipeline(canonical)` equals it. Defaults are left out."""
        steps: list[Step] = list(self.filters)
        if self.output != Convert() or not steps:
            steps.append(self.output)
        return "|".join(_step_text(step) for step in steps)

    def __str__(self) -> str:
        return self.canonical


def _step_text(step: Step) -> str:
    settings = ",".join(f"{key}={value}" for key, value in _settings(step))
    return f"{step.name}:{settings}" if settings else step.name


def _settings(step: Step) -> Iterator[tuple[str, str]]:
    for key, field_ in type(step).model_fields.items():
        value = getattr(step, key)
        if value != field_.default:
            yield key, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return quoted(value) if isinstance(value, str) else str(value)
