"""From the fields of a request to a workload."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType

from api.parts import Parts
from api.web import fields
from api.workloads import made_up
from dpip import names
from dpip.domain import Caller, Workload
from dpip.errors import Conflict, Malformed
from dpip.ids import time_ordered_id
from dpip.ports import Receipt
from dpip.priority import HIGHEST, LOWEST, USUAL
from imaging import Plan, parse_plan, plan_from_json

DEFAULT_FILTER = "grayscale"
_NAME_TRIES = 10
_PRIORITIES = frozenset(map(str, range(LOWEST, HIGHEST + 1)))
_OWN_FIELDS = frozenset({"filter", "workload_name", "tags", "priority", "parameters"})


def make_workload(
    parts: Parts,
    caller: Caller,
    given: fields.Fields,
    receipt: Callable[[Workload], Receipt | None] = lambda _workload: None,
    create: Callable[[Workload, Receipt | None], Workload] | None = None,
) -> Workload:
    """Raises `Malformed`, `Unprocessable` for a parameter out of range, `Conflict` for a taken name."""
    plan = plan_of(given)
    parts.bounds.limits.check_steps(plan.longest, plan.length)
    tags = _tags(given.get("tags"))
    priority = priority_of(given.get("priority"))
    chosen = chosen_name(given)
    for tries_left in reversed(range(_NAME_TRIES)):
        now = parts.clock()
        workload = Workload(
            id=time_ordered_id(now),
            name=chosen or made_up.workload_name(),
            owner_id=caller.user_id,
            pipeline=plan.canonical,
            tags=tags,
            outputs=plan.outputs,
            priority=priority,
            created_at=now,
        )
        try:
            return (create or parts.catalog.create_workload)(workload, receipt(workload))
        except Conflict:
            if chosen or not tries_left:
                raise
    raise AssertionError


def chosen_name(given: fields.Fields) -> str | None:
    """None: none was said. Raises `Malformed` for what cannot be a name."""
    name = fields.text(given, "workload_name")
    if name is None and given.get("workload_name"):
        raise Malformed("workload_name is nothing but space")
    return None if name is None else names.workload_name(name)


def plan_of(given: fields.Fields) -> Plan:
    """`filter` is a pipeline's text, or a list of steps (in a form: the JSON of one)."""
    steps, parameters = given.get("filter"), _parameters(given)
    if isinstance(steps, str) and steps.lstrip().startswith("["):
        steps = fields.json_value(steps.encode())
    if isinstance(steps, list):
        return plan_from_json(steps, parameters)
    return parse_plan(fields.text(given, "filter") or DEFAULT_FILTER, parameters)


def _parameters(given: fields.Fields) -> dict[str, str]:
    """The filter's parameters: an object in JSON, or the fields that are nothing else."""
    loose = {name: value for name, value in given.items() if name not in _OWN_FIELDS}
    packed = given.get("parameters")
    if isinstance(packed, str):
        packed = fields.json_object(packed.encode()) if packed.strip() else None
    if not isinstance(packed, (dict, NoneType)):
        raise Malformed('parameters must be an object: {"sigma": 5}, for example')
    both = fields.merged(loose, packed or {})
    return {name: _parameter(name, value) for name, value in both.items() if value is not None}


def _parameter(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Malformed(f"the parameter {name!r} must be a string, a number or a boolean")


def priority_of(given: object) -> int:
    """The usual one where nothing is said. Raises `Malformed`."""
    if given is None or given == "":
        return USUAL
    text = str(given).strip()
    if isinstance(given, bool) or text not in _PRIORITIES:
        raise Malformed(
            f"priority must be a whole number from {LOWEST} to {HIGHEST}, the most urgent, not {text[:50]!r}"
        )
    return int(text)


def _tags(given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, list) and all(isinstance(tag, str) and "," not in tag for tag in given):
        given = ",".join(given)
    if not isinstance(given, str):
        raise Malformed("tags must be a string, separated by commas, or a list of strings")
    return names.tags(given)
