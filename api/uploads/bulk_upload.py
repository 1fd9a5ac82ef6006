"""POST /workloads/{workload_id}/images: many images at once, as a form with many files, a zip or a tar."""

from __future__ import annotations

from http import HTTPStatus
from typing import IO, Any, cast

from flask import Request, Response, jsonify

from api.parts import Parts
from api.uploads import archives
from api.uploads.bulk import BulkIntake, BulkRecall, Intake
from api.uploads.bulk_memory import BulkMemory
from api.uploads.incoming import bare_name
from api.web import idempotency
from api.web.bodies import PIECE_BYTES, has_length
from api.web.fields import MULTIPART
from api.web.forms import read_form
from api.web.idempotency import Attempt
from dpip.domain import Workload
from dpip.errors import Conflict, Malformed, Refused, TooLarge, TryLater
from dpip.ports import Answer

MAX_FILES = archives.MAX_FILES


def receive_many(request: Request, parts: Parts, workload: Workload, attempt: Attempt) -> Response:
    """Raises `Malformed` for a body that breaks off or is none of these, `TooLarge`, `Conflict`, and
    `Unprocessable` where the key is another request's."""
    if workload.cancelled_at is not None:
        raise Conflict(
            f"the workload {workload.id!r} was cancelled and takes no more images; resume it, or make another"
        )
    memory = BulkMemory(parts, request, attempt)
    intake = BulkIntake(parts, workload, memory)
    try:
        _read(request, parts, intake)
        intake.commit()
        if not intake.files:
            raise Malformed(
                "there is no file in this request; send images in file fields called data, or an archive"
            )
        told = {"workload_id": workload.id, "images": intake.kept, "refused": intake.refused}
        answer = Answer(HTTPStatus.CREATED, None, jsonify(told).get_data(as_text=True))
        memory.answer(answer)
    except (Refused, TryLater) as error:
        kept = len(intake.kept)
        if kept:  # the client must know: they are in the workload, and are not to be sent again without a key
            error.detail = f"{error.detail} ({kept} images before that were kept)"
        raise
    finally:
        intake.close()
    return idempotency.respond(answer)


def answer_again(request: Request, parts: Parts, attempt: Attempt) -> Response:
    """The first answer, once all files were compared. Raises `Unprocessable` where these are others."""
    memory = BulkMemory(parts, request, attempt)
    _read(request, parts, BulkRecall(parts.bounds.limits, memory))
    response = memory.answered_before()
    assert response is not None  # noqa: S101 - the caller asked whether there is one
    return response


def _read(request: Request, parts: Parts, intake: Intake) -> None:
    if request.mimetype == MULTIPART:
        read_form(request, intake.open_part, max_parts=MAX_FILES)
    elif request.mimetype in archives.ZIP:
        _from_zip(request, parts, intake)
    elif request.mimetype in archives.TAR:
        _from_archive(request.stream, request.mimetype, intake, ends_itself=has_length(request))
    else:
        raise Malformed(
            "send many files in one multipart form (curl --form data=@1.jpg --form data=@2.jpg), or a zip "
            "(Content-Type: application/zip), or a tar (application/x-tar)"
        )


def _from_zip(request: Request, parts: Parts, intake: Intake) -> None:
    """A zip's table of contents stands at its end: it waits in the store, unfinished, until it is read."""
    spool = parts.store.begin()
    try:
        most = parts.bounds.max_archive_bytes
        while piece := request.stream.read(PIECE_BYTES):
            if spool.size_bytes + len(piece) > most:
                raise TooLarge(
                    f"a zip may have at most {most:,} bytes; send it in parts, or as a tar, which may"
                )
            spool.write(piece)
        with spool.reader() as stream:
            _from_archive(stream, request.mimetype, intake)
    finally:
        spool.abort()


def _from_archive(stream: IO[bytes], media_type: str, intake: Intake, *, ends_itself: bool = True) -> None:
    """Unless the body `ends_itself`, only the archive can tell that it came whole."""
    for name, pieces in archives.members(cast("Any", stream), media_type, marked_end=not ends_itself):
        intake.begin(bare_name(name))
        for piece in pieces:
            intake.write(piece)
            if intake.refuses:
                break
        intake.end()
