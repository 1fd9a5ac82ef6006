"""A pipeline as JSON: a list of objects, each a step with its settings.

`[{"filter": "blur", "sigma": 5}, {"filter": "grayscale"}]` is `blur:sigma=5|grayscale`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dpip.errors import Malformed
from imaging.draft import Draft, assembled, draft
from imaging.parsing import MAX_TEXT
from imaging.pipeline import Pipeline

_NAME = "filter"
_SHAPE = 'a step is an object as in {"filter": "blur", "sigma": 5}'


def pipeline_from_json(steps: object, parameters: Mapping[str, str] | None = None) -> Pipeline:
    """The pipeline that a list of objects (as `json.loads` gives it) describes.

    Settings are strings, numbers, booleans, or lists of numbers where a text of numbers is asked for; null is
    as good as nothing. Raises what `parse_pipeline` does.
    """
    return assembled(drafts_from_json(steps), parameters or {})


def drafts_from_json(steps: object) -> list[Draft]:
    """Steps, each of its object. Raises `Malformed`."""
    if not isinstance(steps, list) or not steps:
        raise Malformed(f"a pipeline in JSON is a list of steps that is not empty; {_SHAPE}")
    drafts = [_step(step) for step in steps]
    length = sum(len(step.name) + sum(map(len, step.settings.values())) for step in drafts)
    if length > MAX_TEXT:
        raise Malformed(f"the filter is {length:,} characters long; at most {MAX_TEXT:,} are read")
    return drafts


def _step(given: object) -> Draft:
    if isinstance(given, str):
        return draft(given)
    if not isinstance(given, dict) or not isinstance(given.get(_NAME), str):
        raise Malformed(f"{_SHAPE}, or a filter's name; {str(given)[:60]} is neither")
    step = draft(given[_NAME])
    for key, value in given.items():
        if key != _NAME and value is not None:
            step.set(str(key).strip().lower(), _text(str(key), value))
    return step


def _text(key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return _scalar(value)
    if isinstance(value, list):
        return _numbers(key, value)
    raise Malformed(f"the parameter {key[:60]!r} must be a string, a number, a boolean, or a list of numbers")


def _scalar(value: float) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _numbers(key: str, value: Sequence[object]) -> str:
    """`[[1, 2], [3, 4]]` is written `1 2; 3 4`."""
    if value and all(isinstance(row, list) for row in value):
        return "; ".join(_numbers(key, row) for row in value if isinstance(row, list))
    words = []
    for item in value:
        if isinstance(item, str):  # a share, as in "10%"
            words.append(item)
        elif isinstance(item, (int, float)) and not isinstance(item, bool):
            words.append(_scalar(item))
        else:
            raise Malformed(f"the parameter {key[:60]!r} must be a list of numbers, or of such lists")
    return " ".join(words)
