"""Another chance for what failed, and for a workload that was cancelled."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify, request

from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.shapes import work
from api.workloads.failures import KIND, kind_of_failure
from api.workloads.view import WorkloadView
from bus.messages import Topic
from dpip.errors import Conflict, NotFound
from dpip.ids import workload_of
from dpip.logs import fields

log = logging.getLogger(__name__)


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """Routes below /workloads/{workload_id} and /images/{image_id}."""
    routes = Blueprint("replays", __name__)
    view = WorkloadView(parts)

    @routes.post("/workloads/<workload_id>/replay")
    @operation("run all that failed once more", gives=work.Replayed, parameters=(KIND,), refuses=(409,))
    @guard.writes
    def replay_all(workload_id: str) -> Response:
        workload = visible.workload(parts, guard.caller, workload_id)
        if workload.video is not None:
            return jsonify(workload_id=workload.id, replayed=_video_again(parts, workload.id))
        count = parts.catalog.replay(
            workload.id, parts.clock(), kind=kind_of_failure(request.args.get("kind"))
        )
        _tell(parts, workload.id, count)
        return jsonify(workload_id=workload.id, replayed=count)

    @routes.post("/images/<image_id>/replay")
    @operation("run one that failed once more", gives=work.Replayed, refuses=(409,))
    @guard.writes
    def replay_one(image_id: str) -> Response:
        image = parts.catalog.image(image_id, visible.owner_filter(guard.caller))
        if image is None:
            raise NotFound(f"there is no image {image_id!r} of yours")
        workload_id = workload_of(image_id)
        count = parts.catalog.replay(workload_id, parts.clock(), job_id=image_id)
        if not count:
            raise Conflict(f"{image_id!r} is no original that failed, so there is nothing to replay")
        _tell(parts, workload_id, count)
        return jsonify(workload_id=workload_id, replayed=count)

    @routes.post("/workloads/<workload_id>/resume")
    @operation("a cancelled one goes on, and takes images again", gives=work.Workload)
    @guard.writes
    def resume(workload_id: str) -> Response:
        found = visible.workload(parts, guard.caller, workload_id)
        workload = parts.catalog.resume_workload(found.id, parts.clock())
        if workload is None:
            raise visible.unknown_workload(workload_id)
        _tell(parts, workload_id, workload.queued)
        if workload.video is not None:
            parts.announcer.announce(Topic.VIDEOS, {"workload": workload_id})
        return jsonify(view.one(workload))

    return routes


def _video_again(parts: Parts, workload_id: str) -> int:
    """A video that failed is begun anew, whatever frame it failed by; returns how many those are."""
    again = parts.videos.again(workload_id, parts.clock())
    if again:
        parts.announcer.announce(Topic.VIDEOS, {"workload": workload_id})
    return int(again)


def _tell(parts: Parts, workload_id: str, count: int) -> None:
    if count:
        parts.announcer.announce(Topic.WORK, {"workload": workload_id})
    log.info("failed jobs run again", extra=fields(workload=workload_id, jobs=count))
