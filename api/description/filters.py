"""Pipelines as schemas: each filter of the catalogue with its parameters."""

from __future__ import annotations

from typing import Any

from imaging import catalogue

_PREFIX = "filter."
STEP = "Step"
REFERENCE = "#/components/schemas/"


def schemas() -> dict[str, Any]:
    """A schema for each filter that can be used, and `Step`, which is one of them."""
    usable = [one for one in catalogue() if one.problem is None]
    steps = {f"{_PREFIX}{one.name}": _step(one.name, one.summary, one.parameters) for one in usable}
    return {
        STEP: {
            "description": "A filter with its parameters, or its name alone",
            "oneOf": [
                {
                    "type": "string",
                    "enum": [one.name for one in usable if not one.parameters.get("required")],
                },
                *({"$ref": f"{REFERENCE}{name}"} for name in steps),
            ],
        },
        **steps,
    }


def _step(name: str, summary: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        **parameters,
        "title": name,
        "description": f"{summary}. {parameters.get('description', '')}".strip(),
        "properties": {"filter": {"const": name}, **parameters.get("properties", {})},
        "required": ["filter", *parameters.get("required", [])],
    }
