"""The bytes of an image, with everything that HTTP knows to say about them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from flask import Response, request, send_file
from werkzeug.exceptions import PreconditionFailed

from api.parts import Parts
from api.people.visible import owner_filter
from api.results.media import format_of
from api.results.outputs import output_of
from dpip.domain import Caller, ImageKind, JobState, Scope, StoredImage
from dpip.errors import Forbidden, MissingBytes, NotFound
from dpip.ids import filtered_id


def download(parts: Parts, caller: Caller, image_id: str) -> Response:
    """Raises `NotFound` for what is not there (yet), or not the caller's."""
    of_worker = Scope.READ not in caller.scopes
    owner_id = None if of_worker else owner_filter(caller)
    image = parts.catalog.image(image_id, owner_id)
    if image is None:
        raise NotFound(_why_not(parts, owner_id, image_id))
    if of_worker and image.kind not in {ImageKind.ORIGINAL, ImageKind.FRAME}:
        raise Forbidden("a worker's token fetches originals only")
    try:
        return _respond(parts, image)
    except MissingBytes:
        if parts.catalog.image(image_id, owner_id) is None:  # deleted just now
            raise NotFound(_unknown(image_id)) from None
        raise


def _respond(parts: Parts, image: StoredImage) -> Response:
    _forget_odd_range(image.facts.size_bytes)
    format_ = format_of(image.facts.format)
    response = send_file(
        _source(parts, image.key),
        mimetype=format_.media_type,
        download_name=f"{image.id}{format_.extension}",
        conditional=True,
        etag=image.facts.sha256,
        last_modified=datetime.fromtimestamp(image.created_at, UTC),
    )
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        response.close()
        raise PreconditionFailed("the image is not the one that If-Match names; leave If-Match out")
    # An image never changes under its id; only its owner may keep a copy. Where two users share a browser,
    # what it keeps for one is not shown to the other.
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.vary.add("Authorization")
    return response


def _forget_odd_range(size: int) -> None:
    """Who asks for several parts, in other units, or for more last bytes than there are, gets it whole."""
    asked = request.range
    if (
        asked is not None
        and asked.units == "bytes"
        and len(asked.ranges) == 1
        and asked.ranges[0][0] >= -size
    ):
        return
    request.environ.pop("HTTP_RANGE", None)


def _source(parts: Parts, key: str) -> Path | BinaryIO:
    return parts.store.local_path(key) or io.BytesIO(parts.store.get(key))


def _why_not(parts: Parts, owner_id: str | None, image_id: str) -> str:
    """For a filtered image that is still to come, how far it is."""
    found = output_of(image_id)
    original, output = found or ("", "")
    image = parts.catalog.image(original, owner_id) if found else None
    workload = parts.catalog.workload(image.workload_id, None) if image else None
    job = parts.queue.job(original) if workload else None
    if workload is None or job is None:
        return _unknown(image_id)
    if output not in workload.outputs:
        made = ", ".join(filtered_id(original, name) for name in workload.outputs)
        return f"{_unknown(image_id)}; of the image {original!r} its workload makes {made}"
    if job.state is JobState.FAILED:
        why = f": {job.failure.detail}" if job.failure else ""
        return f"the image {original!r} could not be filtered{why}"
    return f"the image {original!r} is not filtered yet, its job is {job.state.value}; try again later"


def _unknown(image_id: str) -> str:
    return f"there is no image {image_id!r} of yours"
