"""Images and workloads that are not wanted any more: their rows, then their bytes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from flask import Blueprint, Response, jsonify

from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.people.trail import Trail
from api.shapes import work
from bus.messages import Topic
from dpip.domain import Action, ImageKind, Workload
from dpip.errors import Conflict, DpipError, NotFound
from dpip.logs import fields

log = logging.getLogger(__name__)


def blueprint(parts: Parts, guard: Guard, trail: Trail) -> Blueprint:
    """DELETE /images/{image_id}."""
    routes = Blueprint("removal", __name__)

    @routes.delete("/images/<image_id>")
    @operation("remove an original with its results", gives=work.DeletedImage, refuses=(409,))
    @guard.writes
    def delete(image_id: str) -> Response:
        image = parts.catalog.image(image_id, visible.owner_filter(guard.caller))
        if image is None:
            raise NotFound(f"there is no image {image_id!r} of yours")
        if image.kind is not ImageKind.ORIGINAL:
            raise Conflict(f"{image_id!r} is a result; it goes with its original, so delete that")
        keys = parts.catalog.delete_original(image.id, parts.clock())
        if keys is None:
            raise NotFound(f"there is no image {image_id!r} of yours")
        parts.announcer.announce(Topic.CANCELLED, {"workload": image.workload_id})
        remove_bytes(parts, keys)
        trail.did(Action.IMAGE_DELETED, guard.caller.user_name, image.id, f"with {len(keys) - 1} results")
        return jsonify(image_id=image.id, deleted_images=len(keys))

    return routes


def remove_workload(parts: Parts, trail: Trail, who: str, workload: Workload) -> int | None:
    """Returns how many images went; None: somebody else was faster."""
    keys = parts.catalog.delete_workload(workload.id)
    if keys is None:
        return None
    trail.did(Action.WORKLOAD_DELETED, who, workload.id, f"{workload.name!r} with {len(keys)} images")
    parts.announcer.announce(Topic.CANCELLED, {"workload": workload.id})
    remove_bytes(parts, keys)
    log.info("workload deleted", extra=fields(workload=workload.id, images=len(keys)))
    return len(keys)


def remove_bytes(parts: Parts, keys: Sequence[str]) -> None:
    """Never raises for a store that is away: what is left behind is swept up later."""
    try:
        parts.store.delete(keys)
    except DpipError as error:
        log.warning("bytes left behind", extra=fields(images=len(keys), detail=error.detail))
