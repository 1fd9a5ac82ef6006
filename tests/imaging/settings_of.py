"""Random settings of a filter, told from its JSON Schema."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from imaging.step import Step

_COLOURS = ("#000000", "#ffffff", "#1e90ff", "#ff000080", "#00000000")


def settings_of(step: type[Step]) -> st.SearchStrategy[dict[str, Any]]:
    """Each parameter, or not. Some sets contradict themselves: they are to be refused."""
    schema = step.model_json_schema()
    required = set(schema.get("required", ()))
    given = {name: _values(step, name, about) for name, about in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: values for name, values in given.items() if name in required},
        optional={name: values for name, values in given.items() if name not in required},
    )


def _values(step: type[Step], name: str, about: dict[str, Any]) -> st.SearchStrategy[Any]:
    kinds = about.get("anyOf", [about])
    return st.one_of(
        *(_of_kind(step, name, {**about, **kind}) for kind in kinds if kind.get("type") != "null")
    )


def _of_kind(step: type[Step], name: str, about: dict[str, Any]) -> st.SearchStrategy[Any]:
    examples = [*about.get("enum", ()), *about.get("examples", ())]
    if about.get("format") == "color":
        examples += _COLOURS
    if about.get("contentEncoding") == "base64":
        examples.append(example_settings(step)[name])
    if examples:
        return st.sampled_from(examples)
    low, high = about.get("exclusiveMinimum", about.get("minimum")), about.get("maximum")
    kinds: dict[str, st.SearchStrategy[Any]] = {"boolean": st.booleans()}
    if about["type"] == "integer":
        kinds["integer"] = st.integers(low, high)
    if about["type"] == "number":
        kinds["number"] = st.floats(low, high, exclude_min="exclusiveMinimum" in about, allow_nan=False)
    if "maxLength" in about:
        kinds["string"] = st.text(min_size=1, max_size=about["maxLength"])
    assert about["type"] in kinds, f"{step.name}: {name} {about}: give its schema examples"
    return kinds[about["type"]]


def example_settings(step: type[Step]) -> dict[str, str]:
    """Of examples without quotes."""
    return dict(setting.split("=", 1) for setting in step.example.split(",") if setting)
