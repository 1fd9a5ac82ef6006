"""GET /metrics: figures for Prometheus, of this API's requests and of the whole system."""

from __future__ import annotations

import os
from pathlib import Path

import prometheus_client
from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector

from api.description.operation import operation
from api.parts import Parts
from api.people.auth import Guard
from api.watching.allocated import AllocatedDict
from api.watching.figures import Figures

MEDIA_TYPE = "text/plain"
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share_counts(folder: Path) -> None:
    """From now on, what this process counts lies in a file of this folder, beside those of its siblings and
    of those that died. To be called before anything is counted."""
    os.environ[_FOLDER] = str(folder)
    values.MmapedDict = AllocatedDict  # type: ignore[attr-defined,assignment]
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """GET /metrics."""
    routes = Blueprint("metrics", __name__)
    figures = Figures(parts)

    @routes.get("/metrics")
    @operation("figures for Prometheus (administrators, or the scope metrics)", media=(MEDIA_TYPE,))
    @guard.watches
    def metrics() -> Response:
        told = CollectorRegistry()
        told.register(figures)
        if _FOLDER in os.environ:
            MultiProcessCollector(told)  # type: ignore[no-untyped-call]
            text = prometheus_client.generate_latest(told)
        else:
            text = prometheus_client.generate_latest(told) + prometheus_client.generate_latest(parts.counted)
        response = Response(text, content_type=prometheus_client.CONTENT_TYPE_PLAIN_0_0_4)
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes
