"""A pipeline: filters in order, and how the result is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from imaging.filters.base import Filter
from imaging.output import Convert
from imaging.quoting import quoted
from imaging.step import Step

_AS_IT_IS = Convert()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Made by `parse_pipeline`."""

    filters: tuple[Filter, ...] = ()
    output: Convert = _AS_IT_IS

    @property
    def length(self) -> int:
        """Steps: filters, and what is said of the output."""
        return len(self.filters) + (self.output != _AS_IT_IS)

    @property
    def canonical(self) -> str:
        """The one text of this pipeline: `parse_pipeline(canonical)` equals it. Defaults are left out."""
        return self.text()

    def text(self, *, within_braces: bool = False) -> str:
        """The canonical text, as it stands alone, or as one of several outputs."""
        steps: list[Step] = list(self.filters)
        if self.output != _AS_IT_IS or not steps:
            steps.append(self.output)
        return "|".join(_step_text(step, within_braces=within_braces) for step in steps)

    def __str__(self) -> str:
        return self.canonical


def _step_text(step: Step, *, within_braces: bool) -> str:
    settings = ",".join(f"{key}={_text(value, within_braces)}" for key, value in _settings(step))
    return f"{step.name}:{settings}" if settings else step.name


def _settings(step: Step) -> Iterator[tuple[str, object]]:
    for key, field_ in type(step).model_fields.items():
        value = getattr(step, key)
        if value != field_.default:
            yield key, value


def _text(value: object, within_braces: bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return quoted(value, within_braces=within_braces) if isinstance(value, str) else str(value)
