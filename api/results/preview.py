"""One picture through a pipeline at once, for somebody who is choosing; nothing of it is kept."""

from __future__ import annotations

from flask import Blueprint, Response, request

from api.description import bodies
from api.description.operation import operation
from api.parts import Parts
from api.people.auth import Guard
from api.uploads.incoming import receive
from api.web.turns import Turns
from api.workloads.new import plan_of
from dpip.errors import NotReady
from imaging import FORMATS


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """POST /preview."""
    routes = Blueprint("preview", __name__)
    bounds = parts.bounds
    turns = Turns(bounds.previews_at_once, bounds.form_wait_s, bounds.previews_waiting, "previews")

    @routes.post("/preview")
    @operation(
        "an image in data and a filter -> what comes of it, at once; nothing is kept",
        media=bodies.IMAGE_TYPES,
        takes=bodies.PREVIEW,
        refuses=(413, 415, 422, 507),
        headers={
            "X-Image-Width": "pixels",
            "X-Image-Height": "pixels",
            "X-Image-Format": "of the real result, where a browser could not show it",
            "X-Image-Bytes": "of the real result",
            "Server-Timing": "where the time went",
        },
    )
    @guard.writes
    def preview() -> Response:
        previews = parts.previews
        if previews is None or not bounds.previews_at_once:
            raise NotReady("previews are turned off here: DPIP_PREVIEWS_AT_ONCE is 0")
        with (
            turns.turn(guard.caller.user_id),
            receive(request, parts.store, previews.limits.max_bytes) as incoming,
        ):
            plan = plan_of(incoming.fields)
            bounds.limits.check_steps(plan.longest, plan.length)
            with incoming.upload.reader() as stream:
                made = previews.run(stream.read(), plan.canonical)
        response = Response(made.data, mimetype=FORMATS[made.shown].media_type)
        response.headers["X-Image-Width"] = str(made.facts.width)
        response.headers["X-Image-Height"] = str(made.facts.height)
        response.headers["X-Image-Format"] = made.facts.format
        response.headers["X-Image-Bytes"] = str(made.facts.size_bytes)
        response.headers["Server-Timing"] = ", ".join(
            f"{step};dur={1000 * seconds:.1f}" for step, seconds in made.seconds.items()
        )
        return response

    return routes
