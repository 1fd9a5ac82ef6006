"""Streams of events: news of one workload, or of all that the caller may see."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response

from api.description import parameters
from api.description.operation import operation
from api.events import streams
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.web import paging
from api.web.leaving import taking_turns
from api.web.turns import Turns
from dpip.domain import WorkloadStatus

_ABOUT = (
    "Server-sent events. `event: workload` has how a workload stands as its data (`WorkloadNews`): at once, "
    "and whenever that changes. `event: deleted` has its `workload_id`. Lines that begin with a colon keep "
    "the connection alive. A stream ends after ten minutes, or when the token is dead: ask again, nothing is "
    "missed, as every stream begins with how things stand."
)
UNTIL = parameters.choice("until", WorkloadStatus, "the stream ends when the workload has come that far")


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """GET /events and GET /workloads/{workload_id}/events."""
    routes = Blueprint("events", __name__)
    open_ = Turns(parts.bounds.streams_at_once, 0.0, 0, "streams of events")

    @routes.get("/events")
    @operation("news of your active workloads, as they happen", media=(streams.MEDIA_TYPE,), more=_ABOUT)
    @guard.reads
    def all_news() -> Response:
        return stream(None, streams.every(parts, visible.owner_filter(guard.caller)))

    @routes.get("/workloads/<workload_id>/events")
    @operation(
        "news of one workload, as they happen",
        media=(streams.MEDIA_TYPE,),
        parameters=(UNTIL,),
        refuses=(HTTPStatus.BAD_REQUEST,),
        more=_ABOUT,
    )
    @guard.reads
    def news_of_one(workload_id: str) -> Response:
        until = paging.choice(UNTIL.name, WorkloadStatus)
        workload = visible.workload(parts, guard.caller, workload_id)
        look = streams.one(parts, workload.id, visible.owner_filter(guard.caller))
        return stream(workload.id, look, until)

    def stream(workload_id: str | None, look: streams.Look, until: WorkloadStatus | None = None) -> Response:
        told = streams.events(parts.news, workload_id, look, guard.watch(), until=until)

        def response() -> Response:
            made = Response(told, content_type=streams.MEDIA_TYPE)
            made.headers["Cache-Control"] = "no-store"
            made.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
            return made

        return taking_turns(open_, guard.caller.user_id, response)

    return routes
