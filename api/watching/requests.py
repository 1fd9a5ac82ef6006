"""Every request: an id that its answer and its log lines carry, and its place in the figures."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from dpip.logs import about, fields

HEADER = "X-Request-Id"
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
NO_ROUTE = "none"
OTHER = "other"  # whoever asks may make methods up, and each would be a series of its own for ever
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_TAKEN = re.compile(r"[A-Za-z0-9._:/+=-]{1,100}")
log = logging.getLogger(__name__)


class Requests:
    """Counts requests by route, not by path: the number of series stays small."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "dpip_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "dpip_http_request_seconds",
            "Seconds until the answer began.",
            ("method", "route"),
            buckets=BUCKETS_S,
            registry=registry,
        )

    def install(self, app: Flask) -> None:
        app.before_request(self._begin)
        app.after_request(self._end)

    def _begin(self) -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _TAKEN.fullmatch(given) else secrets.token_hex(8)
        g.begun = time.perf_counter()
        about(request=g.request_id)

    def _end(self, response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        seconds = time.perf_counter() - g.begun
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        method = request.method if request.method in METHODS else OTHER
        self._count.labels(method, route, response.status_code).inc()
        self._seconds.labels(method, route).observe(seconds)
        if log.isEnabledFor(logging.DEBUG):
            told = fields(method=request.method, path=request.path, status=response.status_code, s=seconds)
            log.debug("answered", extra=told)
        return response
