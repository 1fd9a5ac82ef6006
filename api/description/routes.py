"""GET /openapi.json and /docs: the description for programs and for people. Open to everybody."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Flask, Response, current_app, request

from api import page
from api.description.document import document
from api.description.operation import UNCHANGED, operation

MEDIA_TYPE = "application/json"


def blueprint() -> Blueprint:
    """GET /openapi.json and GET /docs."""
    routes = Blueprint("description", __name__)

    @cache
    def text(app: Flask) -> str:
        """Made when it is first asked for; routes and filters never change while this process runs."""
        return json.dumps(document(app))

    @routes.get("/openapi.json")
    @operation("this description, OpenAPI 3.1", also=UNCHANGED)
    def openapi() -> Response:
        response = Response(text(current_app._get_current_object()), content_type=MEDIA_TYPE)  # type: ignore[attr-defined]
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
        return response

    @routes.get("/docs")
    @operation("this description for people", media=("text/html",), also=UNCHANGED)
    def docs() -> Response:
        return page.page("docs.html")

    return routes
