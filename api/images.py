"""Images in and out."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from api.description import bodies, parameters
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.results.archive import MEDIA_TYPE, archive
from api.results.download import download
from api.shapes import work
from api.uploads.bulk_upload import answer_again, receive_many
from api.uploads.delivery import deliver
from api.uploads.incoming import receive
from api.uploads.upload import Originals
from api.watching.journeys import Journeys
from api.web import fields, idempotency, paging
from api.web.leaving import taking_turns
from api.web.turns import Turns
from dpip.domain import Caller, ImageKind, Scope
from dpip.errors import Forbidden, Malformed
from dpip.ports import Answer

_MISSION_SPELLING = "orginal"  # clients that exist send it


def blueprint(parts: Parts, guard: Guard, leaving: Turns) -> Blueprint:
    """The routes below /images; `leaving` bounds downloads."""
    routes = Blueprint("images", __name__)
    bounds = parts.bounds
    originals, journeys = Originals(parts), Journeys(parts)
    turns = Turns(bounds.uploads_at_once, bounds.upload_wait_s, bounds.uploads_waiting, "uploads")

    @routes.post("/images")
    @operation(
        "a multipart form: the file in data, workload_id -> an image",
        gives=work.Kept,
        status=HTTPStatus.CREATED,
        takes=bodies.ORIGINAL,
        parameters=(
            parameters.text("workload_id", "where the body is a bare image"),
            parameters.IDEMPOTENCY_KEY,
        ),
        refuses=(404, 409, 413, 415, 422, 507),
        headers={"Location": "where its bytes are"},
    )
    @guard.writes_or_works
    def upload() -> Response:
        caller = guard.caller
        with (
            turns.turn(caller.user_id),
            idempotency.attempt(parts, request, caller.user_id) as attempt,
            receive(request, parts.store, bounds.limits.max_bytes) as incoming,
        ):
            if _kind(incoming.fields, caller) is ImageKind.FILTERED:
                return idempotency.respond(_told(deliver(parts, journeys, caller, incoming)))
            if attempt.plain:
                return idempotency.respond(_told(originals.keep(caller, incoming)))
            asked = idempotency.digest(request, incoming.fields, incoming.name, incoming.upload.sha256)
            before = attempt.remembered(asked)
            if before is not None:
                return before
            kept = originals.keep(caller, incoming, lambda image: attempt.receipt(asked, _told(image)))
            return idempotency.respond(_told(kept))

    @routes.post("/workloads/<workload_id>/images")
    @operation(
        "many images at once: a form with many files, a zip or a tar",
        gives=work.BulkKept,
        status=HTTPStatus.CREATED,
        takes=bodies.MANY_ORIGINALS,
        parameters=(parameters.IDEMPOTENCY_KEY,),
        refuses=(409, 413, 422, 507),
    )
    @guard.writes
    def upload_many(workload_id: str) -> Response:
        caller = guard.caller
        with (
            turns.turn(caller.user_id),
            idempotency.attempt(parts, request, caller.user_id) as attempt,
        ):
            if attempt.answered:
                return answer_again(request, parts, attempt)
            workload = visible.workload(parts, caller, workload_id)
            return receive_many(request, parts, workload, attempt)

    @routes.get("/images/<image_id>")
    @operation(
        "the bytes of an original or a filtered image",
        media=bodies.IMAGE_TYPES,
        also={
            HTTPStatus.PARTIAL_CONTENT: "the range that was asked for",
            HTTPStatus.NOT_MODIFIED: "the client has it",
        },
        refuses=(412, 416),
        headers={"ETag": "its SHA-256"},
    )
    @guard.reads_or_works
    def fetch(image_id: str) -> Response:
        caller = guard.caller
        return taking_turns(
            leaving,
            caller.user_id,
            lambda: journeys.downloading(caller, image_id, download(parts, caller, image_id)),
        )

    @routes.get("/workloads/<workload_id>/archive")
    @operation(
        "all results in one zip",
        media=(MEDIA_TYPE,),
        parameters=(parameters.choice("kind", ImageKind, "original: the originals"),),
    )
    @guard.reads
    def everything(workload_id: str) -> Response:
        workload = visible.workload(parts, guard.caller, workload_id)
        kind = paging.choice("kind", ImageKind) or ImageKind.FILTERED

        def zipped() -> Response:
            response = Response(archive(parts, workload, kind), mimetype=MEDIA_TYPE)
            response.headers.set("Content-Disposition", "attachment", filename=f"{workload.name}.zip")
            return response

        return taking_turns(leaving, guard.caller.user_id, zipped)

    return routes


def _told(image: Mapping[str, object]) -> Answer:
    location = f"{request.script_root}/images/{image['image_id']}"
    return Answer(HTTPStatus.CREATED, location, jsonify(image).get_data(as_text=True))


def _kind(given: fields.Fields, caller: Caller) -> ImageKind:
    text = fields.text(given, "type") or ImageKind.ORIGINAL
    try:
        kind = ImageKind.ORIGINAL if text == _MISSION_SPELLING else ImageKind(text)
    except ValueError:
        kind = ImageKind.FRAME
    if kind not in {ImageKind.ORIGINAL, ImageKind.FILTERED}:
        raise Malformed(f"type must be original or filtered, not {text[:50]!r}")
    if kind is ImageKind.FILTERED and (caller.worker_id is None or Scope.WORKER not in caller.scopes):
        raise Forbidden(
            "filtered images come from workers only, with the token that they got when they joined; "
            "upload with type=original"
        )
    if kind is ImageKind.ORIGINAL and Scope.WRITE not in caller.scopes:
        raise Forbidden("a worker's token delivers filtered images; originals are uploaded by users")
    return kind
