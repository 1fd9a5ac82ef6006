"""The text of a pipeline: `blur:sigma=5|grayscale|convert:format=png`.

Steps are parted by `|`, a name and its settings by `:`, settings by `,`. Settings may be given apart too,
as the flat fields of a form; each goes to the step that knows it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from dpip.errors import Malformed, Unprocessable
from imaging.filters import FILTERS
from imaging.output import Convert
from imaging.pipeline import Pipeline
from imaging.step import Step

MAX_STEPS = 16
MAX_TEXT = 1000  # characters


@dataclass
class _Draft:
    name: str
    model: type[Step]
    settings: dict[str, str] = field(default_factory=dict)

    def made(self) -> Step:
        try:
            return self.model.model_validate(self.settings)
        except ValidationError as error:
            raise Unprocessable("; ".join(_complaints(self, error))) from None


def parse_pipeline(text: str, parameters: Mapping[str, str] | None = None) -> Pipeline:
    """The pipeline that `text` describes, with the settings in `parameters` put where they belong.

    Names are taken in any case. Raises `Malformed` for an unknown filter or parameter, or a text that is
    no list of steps; `Unprocessable` for a value that is none, or out of range.
    """
    if len(text) > MAX_TEXT:
        raise Malformed(f"the filter is {len(text):,} characters long; at most {MAX_TEXT:,} are read")
    parts = text.split("|")
    if len(parts) > MAX_STEPS:
        raise Malformed(f"the filter has {len(parts)} steps; at most {MAX_STEPS} are run")
    steps = [_parsed_step(part) for part in parts]
    for step in steps[:-1]:
        if step.model is Convert:
            raise Malformed("convert says how the result is stored: it can only be the last step")
    for name, value in (parameters or {}).items():
        _place(name.strip().lower(), value, steps)
    made = [step.made() for step in steps]
    output = made.pop() if isinstance(made[-1], Convert) else Convert()
    return Pipeline(tuple(made), output)  # type: ignore[arg-type]  # all but the last come from FILTERS


def _parsed_step(text: str) -> _Draft:
    name, colon, rest = text.partition(":")
    name = name.strip().lower()
    known: dict[str, type[Step]] = {**FILTERS, Convert.name: Convert}
    if name not in known:
        raise Malformed(
            (f"there is no filter {name[:60]!r}" if name else "the name of a filter is missing")
            + f"{_nearest(name, FILTERS)}. Known: {', '.join(FILTERS)}; several are parted by |"
        )
    step = _Draft(name, known[name])
    for setting in rest.split(",") if colon else ():
        key, equals, value = setting.partition("=")
        key = key.strip().lower()
        if not equals or not key:
            raise Malformed(
                f"{setting.strip()[:60]!r} is no setting of {name}; write {name}:{_example(step.model)}"
            )
        if key not in step.model.model_fields:
            raise Malformed(_unknown(key, [step]))
        if key in step.settings:
            raise Malformed(f"{name} says {key} twice")
        step.settings[key] = value.strip()
    return step


def _place(key: str, value: str, steps: list[_Draft]) -> None:
    """Give a flat setting to the one step that knows it; settings of the output make that step."""
    knowing = [step for step in steps if key in step.model.model_fields]
    if not knowing and key in Convert.model_fields:
        knowing = [_Draft(Convert.name, Convert)]
        steps += knowing
    if not knowing:
        raise Malformed(_unknown(key, steps))
    if len(knowing) > 1:
        raise Malformed(
            f"{len(knowing)} steps know {key}; write it into the one that is meant, as in "
            f"{knowing[0].name}:{key}={value.strip()[:20]}"
        )
    if key in knowing[0].settings:
        raise Malformed(f"{key} is given twice: in the filter and beside it")
    knowing[0].settings[key] = value.strip()


def _unknown(key: str, steps: Iterable[_Draft]) -> str:
    models = {step.name: step.model for step in steps}
    models.setdefault(Convert.name, Convert)
    nearest = _nearest(key, [name for model in models.values() for name in model.model_fields])
    knows = "; ".join(
        f"{name} knows {', '.join(model.model_fields) or 'none'}" for name, model in models.items()
    )
    return f"there is no parameter {key[:60]!r} here{nearest}. {knows}"


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _example(model: type[Step]) -> str:
    key, field_ = next(iter(model.model_fields.items()), ("name", None))
    return f"{key}={field_.default if field_ else 'value'}"


def _complaints(step: _Draft, error: ValidationError) -> list[str]:
    properties = step.model.model_json_schema()["properties"]
    complaints = []
    for item in error.errors():
        if item["type"] == "value_error":  # a check of our own, that says what would be right
            complaints.append(f"{step.name}: {item['ctx']['error']}")
            continue
        key = str(item["loc"][0])
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
    return f"{kind}{range_}" + (f" ({schema['unit']})" if "unit" in schema else "")
