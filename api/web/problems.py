"""Errors as the client sees them: `application/problem+json` of RFC 9457, and nothing else."""

from __future__ import annotations

import json
import logging
import math
import secrets
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from dpip import errors
from dpip.logs import fields

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUSES: dict[type[errors.DpipError], HTTPStatus] = {
    errors.Malformed: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Fenced: HTTPStatus.CONFLICT,
    errors.TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.Unprocessable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.InProgress: HTTPStatus.CONFLICT,
    errors.StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
}
TITLES = {
    HTTPStatus.BAD_REQUEST: "Malformed request",
    HTTPStatus.UNAUTHORIZED: "Not logged in",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.METHOD_NOT_ALLOWED: "Method not allowed",
    HTTPStatus.REQUEST_TIMEOUT: "Too slow",
    HTTPStatus.CONFLICT: "Conflict",
    HTTPStatus.PRECONDITION_FAILED: "Precondition failed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "Range not satisfiable",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Unsupported image format",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Cannot be processed",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much at once",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Internal error",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not ready",
    HTTPStatus.INSUFFICIENT_STORAGE: "Storage full",
}

_KINDS: dict[type[errors.DpipError], str] = {
    errors.OverQuota: "Over quota"
}  # that share a status with others, and are another thing to do about


def status_of(error: errors.DpipError) -> HTTPStatus:
    """The status of an error or of its nearest ancestor; 500 for what is no fault of the client's."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(status: HTTPStatus, detail: str, title: str | None = None, **more: object) -> Response:
    """A problem document. `more` are members beside those of the standard."""
    title = title or TITLES.get(status, status.phrase)
    body = {
        "type": f"urn:dpip:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status.value,
        "detail": detail,
        "instance": request.path,
        **more,
    }
    return Response(json.dumps(body) + "\n", status=status.value, content_type=MEDIA_TYPE)


def install(app: Flask) -> None:
    """Answer every error of `app` with a problem document."""
    app.register_error_handler(errors.DpipError, _dpip)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _dpip(error: errors.DpipError) -> Response:
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(error)
    response = problem(status, error.detail, _KINDS.get(type(error)))
    if isinstance(error, errors.TryLater):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return response


def _http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = error.description or status.description
    if isinstance(error, NotFound):
        detail = f"there is nothing at {request.path}; GET / tells what there is"
    elif isinstance(error, MethodNotAllowed):
        valid = ", ".join(sorted(error.valid_methods or ()))
        detail = f"{request.path} does not take {request.method}; it takes {valid}"
    response = problem(status, detail)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    """A fault of ours: the client gets an id, the log gets the rest."""
    incident = secrets.token_hex(4)
    log.error(
        "unexpected error",
        exc_info=error,
        extra=fields(incident=incident, method=request.method, path=request.path),
    )
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"something went wrong here, and it was not your request; the log has the rest under {incident}",
        incident=incident,
    )
