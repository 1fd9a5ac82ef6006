"""Plans as text and as JSON.

Outputs stand in braces as the last step, parted by semicolons: `blur:sigma=2|{large=resize:width=1600;
small=resize:width=320|grayscale}`. Within them a value with `;`, `{` or `}` stands in quotes, too. In JSON
the last element of the list is `{"outputs": {"large": [...], "small": [...]}}`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dpip.domain import DEFAULT_OUTPUT
from dpip.errors import Malformed
from imaging.draft import Draft, assembled
from imaging.objects import drafts_from_json
from imaging.output import Convert
from imaging.parsing import check_length, drafts
from imaging.pipeline import Pipeline
from imaging.plan import Plan, check_names, planned
from imaging.quoting import parted

_OUTPUTS = "outputs"
_SHAPE = "{large=resize:width=1600; small=resize:width=320}"
_JSON_SHAPE = '{"outputs": {"large": [{"filter": "resize", "width": 1600}], "small": ["grayscale"]}}'


def parse_plan(text: str, parameters: Mapping[str, str] | None = None) -> Plan:
    """What `text` describes. `parameters` are settings given apart: with several outputs they are of steps
    before the braces. Raises what `parse_pipeline` does."""
    check_length(text)
    trunk, braces = _split(text)
    if braces is None:
        return _checked(_plain(assembled(drafts(trunk), parameters or {})))
    named = [_named(part) for part in parted(_within(braces), ";")]
    check_names([name for name, _ in named])
    steps = [(name, drafts(parted(branch, "|"))) for name, branch in named]
    return _checked(_assembled(drafts(trunk), steps, parameters or {}))


def plan_from_json(steps: object, parameters: Mapping[str, str] | None = None) -> Plan:
    """What a list of objects (as `json.loads` gives it) describes. Raises what `parse_pipeline` does."""
    if not isinstance(steps, list) or not any(_has_outputs(step) for step in steps):
        return _checked(_plain(assembled(drafts_from_json(steps), parameters or {})))
    *before, last = steps
    if not _has_outputs(last) or any(_has_outputs(step) for step in before):
        raise Malformed(f"outputs are the last element of a pipeline, once: {_JSON_SHAPE}")
    if len(last) > 1 or not isinstance(last[_OUTPUTS], dict):
        raise Malformed(f"outputs are an object of lists, with nothing beside it: {_JSON_SHAPE}")
    check_names([str(name) for name in last[_OUTPUTS]])
    branches = [(str(name), drafts_from_json(branch)) for name, branch in last[_OUTPUTS].items()]
    return _checked(_assembled(drafts_from_json(before) if before else [], branches, parameters or {}))


def _plain(pipeline: Pipeline) -> Plan:
    return planned((), ((DEFAULT_OUTPUT, pipeline),))


def _checked(plan: Plan) -> Plan:
    """What is kept of a plan is its canonical text: that must be read again."""
    check_length(plan.canonical)
    return plan


def _has_outputs(step: object) -> bool:
    return isinstance(step, dict) and _OUTPUTS in step


def _split(text: str) -> tuple[list[str], str | None]:
    """The steps before the braces, and the braces with all that follows; None where there are none."""
    parts = parted(text, "|")
    for at, part in enumerate(parts):
        if part.lstrip().startswith("{"):
            return parts[:at], "|".join(parts[at:]).strip()
    return parts, None


def _within(braces: str) -> str:
    """What stands between the braces. Raises `Malformed`."""
    inner = braces[1:-1]
    if not braces.endswith("}") or any(len(parted(inner, brace)) > 1 for brace in "{}"):
        raise Malformed(
            f"the outputs of a pipeline stand in one pair of braces, as the last step: {_SHAPE}; "
            "a value with ; or { or } in it stands in quotes there"
        )
    return inner


def _named(part: str) -> tuple[str, str]:
    name, equals, steps = part.partition("=")
    if not equals or ":" in name or "|" in name:
        raise Malformed(f"{part.strip()[:60]!r} is no output: it begins with a name, as in {_SHAPE}")
    return name.strip(), steps


def _assembled(
    trunk: list[Draft], branches: list[tuple[str, list[Draft]]], parameters: Mapping[str, str]
) -> Plan:
    if any(step.model is Convert for step in trunk):
        raise Malformed("convert says how one result is stored: write it into the output that it is for")
    for key in parameters:
        if not any(key.strip().lower() in step.model.model_fields for step in trunk):
            name, steps = branches[0]
            raise Malformed(
                f"no step before the outputs knows {key[:60]!r}; write it into the output that it is for, "
                f"as in {name}={steps[0].name}:{steps[0].example}"
            )
    made = assembled(trunk, parameters).filters if trunk else ()
    return planned(made, tuple((name, assembled(steps, {})) for name, steps in branches))
