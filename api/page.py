"""The page for people: at `/` for browsers, with its files below /assets. They are open to everybody, as the
API's description is; all that they show is asked for with a token."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

import dashboard
from api.description.operation import UNCHANGED, operation

# Nothing but our own files, no script or style within a document, no frame around it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; "
    "media-src blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def wanted() -> bool:
    """Does who asks for `/` want to look at it? curl and programs get JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def page(name: str = dashboard.PAGE) -> Response:
    """A page of ours, with what keeps others' hands off it."""
    response = _file(name)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def blueprint() -> Blueprint:
    """GET /assets/{name}."""
    routes = Blueprint("page", __name__)

    @routes.get("/assets/<name>")
    @operation("a file of the page that browsers get at /", media=("*/*",), also=UNCHANGED)
    def asset(name: str) -> Response:
        return _file(name)

    return routes


def _file(name: str) -> Response:
    found = dashboard.asset(name)
    if found is None:
        raise NotFound
    response = Response(found.data, content_type=found.media_type)
    response.set_etag(found.etag)
    response.headers["Cache-Control"] = "no-cache"  # asked for anew each time, sent only when it changed
    response.make_conditional(request)
    return response
