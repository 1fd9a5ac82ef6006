"""POST /workloads/{workload_id}/images: many images at once, as a form with many files, a zip or a tar."""

from __future__ import annotations

from operator import itemgetter
from typing import IO, Any, cast

from flask import Request

from api import archives
from api.bodies import PIECE_BYTES
from api.bulk import BulkIntake
from api.fields import MULTIPART
from api.forms import read_form
from api.incoming import bare_name
from api.parts import Parts
from dpip.domain import Workload
from dpip.errors import Conflict, Malformed, TooLarge

MAX_FILES = archives.MAX_FILES


def receive_many(request: Request, parts: Parts, workload: Workload) -> dict[str, Any]:
    """Raises `Malformed` for a body that breaks off or is none of these, `TooLarge`, and `Conflict`."""
    if workload.cancelled_at is not None:
        raise Conflict(
            f"the workload {workload.id!r} was cancelled and takes no more images; resume it, or make another"
        )
    intake = BulkIntake(parts, workload)
    try:
        _read(request, parts, intake)
        intake.commit()
    except (Malformed, TooLarge) as error:
        if intake.kept:
            raise type(error)(f"{error.detail} ({len(intake.kept)} images before that were kept)") from None
        raise
    finally:
        intake.close()
    if not intake.files:
        raise Malformed(
            "there is no file in this request; send images in file fields called data, or an archive"
        )
    refused = sorted(intake.refused, key=itemgetter("position"))
    return {"workload_id": workload.id, "images": intake.kept, "refused": refused}


def _read(request: Request, parts: Parts, intake: BulkIntake) -> None:
    if request.mimetype == MULTIPART:
        read_form(request, intake.open_part, max_parts=MAX_FILES)
    elif request.mimetype in archives.ZIP:
        _from_zip(request, parts, intake)
    elif request.mimetype in archives.TAR:
        _from_archive(request.stream, request.mimetype, intake)
    else:
        raise Malformed(
            "send many files in one multipart form (curl --form data=@1.jpg --form data=@2.jpg), or a zip "
            "(Content-Type: application/zip), or a tar (application/x-tar)"
        )


def _from_zip(request: Request, parts: Parts, intake: BulkIntake) -> None:
    """A zip's table of contents stands at its end: it waits in the store, unfinished, until it is read."""
    spool = parts.store.begin()
    try:
        while piece := request.stream.read(PIECE_BYTES):
            spool.write(piece)
        with spool.reader() as stream:
            _from_archive(stream, request.mimetype, intake)
    finally:
        spool.abort()


def _from_archive(stream: IO[bytes], media_type: str, intake: BulkIntake) -> None:
    for name, pieces in archives.members(cast("Any", stream), media_type):
        intake.begin(bare_name(name))
        for piece in pieces:
            intake.write(piece)
            if intake.refuses:
                break
        intake.end()
