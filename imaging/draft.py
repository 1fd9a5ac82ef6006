"""Steps of a pipeline before their settings are checked, and the help for those who got them wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from dpip.errors import Malformed, Unprocessable
from imaging.filters.base import Filter
from imaging.output import Convert
from imaging.pipeline import Pipeline
from imaging.plugins import known_filters, trouble_with
from imaging.step import Step


@dataclass
class Draft:
    """A step that exists, with the settings that were given to it."""

    name: str
    model: type[Step]
    settings: dict[str, str] = field(default_factory=dict)

    def set(self, key: str, value: str) -> None:
        """Raises `Malformed` for a parameter that is not known, or was given before."""
        if key not in self.model.model_fields:
            raise Malformed(_unknown(key, [self]))
        if key in self.settings:
            raise Malformed(f"{self.name} says {key} twice")
        self.settings[key] = value

    def made(self) -> Step:
        """Raises `Unprocessable`."""
        try:
            return self.model.model_validate(self.settings)
        except ValidationError as error:
            raise Unprocessable("; ".join(_complaints(self, error))) from None

    @property
    def example(self) -> str:
        """A setting, as it could be written."""
        if self.model.example:
            return self.model.example.split(",")[0]
        key, field_ = next(iter(self.model.model_fields.items()), ("name", None))
        return f"{key}={field_.default if field_ else 'value'}"


def draft(name: str) -> Draft:
    """Raises `Malformed` when there is no such step."""
    name = name.strip().lower()
    filters = known_filters()
    model = filters.get(name, Convert if name == Convert.name else None)
    if model is None:
        trouble = trouble_with(name)
        if trouble:
            raise Malformed(f"the filter {name!r} cannot be used here: {trouble}")
        raise Malformed(
            (f"there is no filter {name[:60]!r}" if name else "the name of a filter is missing")
            + f"{_nearest(name, filters)}. Known: {', '.join(filters)}; several are parted by |"
        )
    return Draft(name, model)


def assembled(steps: Sequence[Draft], parameters: Mapping[str, str]) -> Pipeline:
    """`parameters` are settings given apart: each goes to the one step that knows it."""
    for step in steps[:-1]:
        if step.model is Convert:
            raise Malformed("convert says how the result is stored: it can only be the last step")
    steps = list(steps)
    for name, value in parameters.items():
        _place(name.strip().lower(), value.strip(), steps)
    made = [step.made() for step in steps]
    output = made[-1] if isinstance(made[-1], Convert) else Convert()
    return Pipeline(tuple(step for step in made if isinstance(step, Filter)), output)


def _place(key: str, value: str, steps: list[Draft]) -> None:
    """Give a flat setting to the one step that knows it; settings of the output make that step."""
    knowing = [step for step in steps if key in step.model.model_fields]
    if not knowing and key in Convert.model_fields:
        knowing = [Draft(Convert.name, Convert)]
        steps += knowing
    if not knowing:
        raise Malformed(_unknown(key, steps))
    if len(knowing) > 1:
        raise Malformed(
            f"{len(knowing)} steps know {key}; write it into the one that is meant, as in "
            f"{knowing[0].name}:{key}={value[:20]}"
        )
    if key in knowing[0].settings:
        raise Malformed(f"{key} is given twice: in the filter and beside it")
    knowing[0].settings[key] = value


def _unknown(key: str, steps: Iterable[Draft]) -> str:
    models = {step.name: step.model for step in steps}
    models.setdefault(Convert.name, Convert)
    nearest = _nearest(key, [name for model in models.values() for name in model.model_fields])
    knows = "; ".join(
        f"{name} knows {', '.join(model.model_fields) or 'none'}" for name, model in models.items()
    )
    return f"there is no parameter {key[:60]!r} here{nearest}. {knows}"


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word[:60], list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _complaints(step: Draft, error: ValidationError) -> list[str]:
    properties = step.model.model_json_schema()["properties"]
    complaints = []
    for item in error.errors():
        if item["type"] == "value_error":  # a check of our own, that says what would be right
            complaints.append(f"{step.name}: {item['ctx']['error']}")
            continue
        key = str(item["loc"][0])
        if item["type"] == "missing":
            complaints.append(f"{step.name}: {key} is missing; it must be {_wanted(properties[key])}")
            continue
        given = str(item["input"])[:60]
        complaints.append(f"{step.name}: {key} must be {_wanted(properties[key])}, and {given!r} is not")
    return complaints


def _wanted(schema: Mapping[str, Any]) -> str:
    """What a JSON Schema asks for, for people."""
    first = schema.get("anyOf", [schema])[0]
    if "enum" in first:
        return "one of " + ", ".join(first["enum"])
    kind = {"number": "a number", "integer": "a whole number", "boolean": "true or false"}.get(
        str(first.get("type")), "a text"
    )
    low, high = first.get("minimum"), first.get("maximum")
    range_ = f" from {low:g} to {high:g}" if low is not None and high is not None else ""
    if "maxLength" in first:
        range_ = f" of {first.get('minLength', 0):,} to {first['maxLength']:,} characters"
    return f"{kind}{range_}" + (f" ({schema['unit']})" if "unit" in schema else "")
