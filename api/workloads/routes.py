"""Making, showing, cancelling and deleting workloads."""

from __future__ import annotations

import logging
from enum import StrEnum
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request, url_for

from api.description import bodies, parameters
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.people.trail import Trail
from api.people.visible import owner_filter
from api.shapes import work
from api.web import idempotency, paging
from api.web.fields import Fields, read_fields
from api.web.turns import Turns
from api.workloads.new import make_workload
from api.workloads.removal import remove_workload
from api.workloads.view import WorkloadView
from bus.messages import Topic
from dpip.domain import Caller, Workload, WorkloadStatus
from dpip.logs import fields
from dpip.ports import Answer, Receipt


class Order(StrEnum):
    """Of workloads."""

    NEWEST_FIRST = "-created_at"
    OLDEST_FIRST = "created_at"


STATE = parameters.choice("state", WorkloadStatus, "with this status only")
SORT = parameters.choice("sort", Order, "newest first (-created_at), unless this says otherwise")
log = logging.getLogger(__name__)


def blueprint(parts: Parts, guard: Guard, trail: Trail) -> Blueprint:
    """The routes below /workloads."""
    routes = Blueprint("workloads", __name__)
    view = WorkloadView(parts)
    bounds = parts.bounds
    forms = Turns(bounds.forms_at_once, bounds.form_wait_s, bounds.forms_waiting, "forms")

    def theirs(workload_id: str) -> Workload:
        return visible.workload(parts, guard.caller, workload_id)

    @routes.post("/workloads")
    @operation(
        "filter, workload_name, tags, priority and the filter's parameters -> a workload",
        gives=work.Workload,
        status=HTTPStatus.CREATED,
        takes=bodies.NEW_WORKLOAD,
        parameters=(parameters.IDEMPOTENCY_KEY,),
        refuses=(409, 413, 422),
        headers={"Location": "where it is shown"},
    )
    @guard.writes
    def create() -> Response:
        with forms.turn(guard.caller.user_id):
            given = read_fields(request)
        return _make(parts, view, guard.caller, given)

    @routes.get("/workloads")
    @operation(
        "your workloads, newest first", gives=work.Workloads, parameters=(STATE, SORT, *parameters.PAGES)
    )
    @guard.reads
    def every() -> Response:
        page = parts.catalog.workloads(
            owner_filter(guard.caller),
            status=paging.choice("state", WorkloadStatus),
            oldest_first=paging.choice("sort", Order) is Order.OLDEST_FIRST,
            limit=paging.limit(),
            after=paging.after(),
        )
        return jsonify(workloads=view.many(page.items), next=page.next)

    @routes.get("/workloads/<workload_id>")
    @operation("one workload", gives=work.Workload)
    @guard.reads
    def show(workload_id: str) -> Response:
        return jsonify(view.one(theirs(workload_id)))

    @routes.post("/workloads/<workload_id>/cancel")
    @operation("stop its jobs, keep what is done", gives=work.Workload)
    @guard.writes
    def cancel(workload_id: str) -> Response:
        workload = parts.catalog.cancel_workload(theirs(workload_id).id, parts.clock())
        if workload is None:
            raise visible.unknown_workload(workload_id)
        parts.announcer.announce(Topic.CANCELLED, {"workload": workload_id})
        log.info("workload cancelled", extra=fields(workload=workload_id))
        return jsonify(view.one(workload))

    @routes.delete("/workloads/<workload_id>")
    @operation("remove it with all its images", gives=work.DeletedWorkload)
    @guard.writes
    def delete(workload_id: str) -> Response:
        removed = remove_workload(parts, trail, guard.caller.user_name, theirs(workload_id))
        if removed is None:
            raise visible.unknown_workload(workload_id)
        return jsonify(workload_id=workload_id, deleted_images=removed)

    return routes


def _make(parts: Parts, view: WorkloadView, caller: Caller, given: Fields) -> Response:
    """Once for each idempotency key."""
    answers: list[Answer] = []

    def told(workload: Workload) -> Answer:
        location = url_for("workloads.show", workload_id=workload.id)
        return Answer(HTTPStatus.CREATED, location, jsonify(view.one(workload)).get_data(as_text=True))

    def receipt(workload: Workload) -> Receipt | None:
        answers.append(told(workload))
        return attempt.receipt(asked, answers[-1])

    with idempotency.attempt(parts, request, caller.user_id) as attempt:
        asked = idempotency.digest(request, given)
        before = attempt.remembered(asked)
        if before is not None:
            return before
        workload = make_workload(parts, caller, given, receipt)
    log.info("workload made", extra=fields(workload=workload.id, name=workload.name))
    return idempotency.respond(answers[-1])
