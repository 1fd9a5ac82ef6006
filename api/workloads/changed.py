"""What may be changed of a workload: whose turn it is, and its name until it has images."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from api.description import bodies
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.people.trail import Trail
from api.shapes import work
from api.web.fields import Fields, read_fields
from api.workloads.new import chosen_name, priority_of
from api.workloads.view import WorkloadView
from bus.messages import Topic
from dpip.domain import Action
from dpip.errors import Malformed

_CHANGES = ("priority", "workload_name")


def blueprint(parts: Parts, guard: Guard, trail: Trail) -> Blueprint:
    """PATCH /workloads/{workload_id}."""
    routes = Blueprint("changed_workload", __name__)
    view = WorkloadView(parts)

    @routes.patch("/workloads/<workload_id>")
    @operation(
        "another priority; another name while it has no images",
        gives=work.Workload,
        takes=bodies.CHANGED_WORKLOAD,
        refuses=(409, 413),
    )
    @guard.writes
    def change(workload_id: str) -> Response:
        caller = guard.caller
        before = visible.workload(parts, caller, workload_id)
        name, priority = _asked(read_fields(request))
        workload = parts.catalog.change_workload(before.id, name=name, priority=priority)
        if workload is None:
            raise visible.unknown_workload(workload_id)
        if caller.user_id != workload.owner_id:
            told = (f"{one.name!r} with priority {one.priority}" for one in (before, workload))
            trail.did(Action.WORKLOAD_CHANGED, caller.user_name, workload_id, " -> ".join(told))
        parts.announcer.announce(Topic.WORK, {"workload": workload_id})
        return jsonify(view.one(workload))

    return routes


def _asked(given: Fields) -> tuple[str | None, int | None]:
    """Name and priority; None: as it is. Raises `Malformed`."""
    unknown = sorted(set(given) - set(_CHANGES))
    if unknown or not given:
        wrong = f"{unknown[0][:50]!r} cannot be changed" if unknown else "nothing is to be changed"
        raise Malformed(f"{wrong}; say {' or '.join(_CHANGES)}, and make another workload for the rest")
    return chosen_name(given), priority_of(given["priority"]) if "priority" in given else None
