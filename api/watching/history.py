"""GET /history: what was done and how busy the workers were, in buckets that fit a chart."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, jsonify

from api import presenting
from api.description import parameters
from api.description.operation import operation
from api.parts import Parts
from api.people.auth import Guard
from api.shapes import system
from api.web import paging
from dpip.ports import Done, Throughput, Use

HOURS, MAX_HOURS = 24, 24 * 366
POINTS = 300  # in a chart, at most
HOUR_S, DAY_S = 3600.0, 24 * 3600.0
_BUCKETS_S = (60.0, 300.0, 900.0, HOUR_S, 6 * HOUR_S)


def bucket_s(hours: int) -> float:
    """What is a day old is known by the hour only."""
    seconds = hours * HOUR_S
    finest = 0.0 if seconds <= DAY_S else HOUR_S
    return next((size for size in _BUCKETS_S if seconds / size <= POINTS and size >= finest), DAY_S)


def gathered(minutes: Iterable[Throughput], size: float) -> dict[float, Done]:
    """Sums by the beginning of their bucket of `size` seconds."""
    found: dict[float, Done] = {}
    for one in minutes:
        at = one.at // size * size
        found[at] = found.get(at, Done()) + one.done
    return found


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """GET /history."""
    routes = Blueprint("history", __name__)

    @routes.get("/history")
    @operation(
        "what was done and how busy the workers were",
        gives=system.History,
        parameters=(parameters.whole("hours", "how far back", HOURS, MAX_HOURS),),
    )
    @guard.reads
    def history() -> Response:
        hours = paging.number("hours", HOURS, MAX_HOURS)
        size = bucket_s(hours)
        since = (parts.clock() - hours * HOUR_S) // size * size
        done = gathered(parts.history.throughput(since), size)
        use = {one.at: one for one in parts.history.use(since, size)}
        points = [_point(at, done.get(at), use.get(at)) for at in sorted({*done, *use})]
        return jsonify(seconds=size, since=presenting.moment(since), points=points)

    return routes


def _point(at: float, done: Done | None, use: Use | None) -> system.HistoryPoint:
    done = done or Done()
    return {
        "at": presenting.moment(at),
        "done": done.done,
        "failed": done.failed,
        "again": done.again,
        "megapixels": done.megapixels,
        "busy_s": done.busy_s,
        "workers": use.workers if use else None,
        "cpu_percent": use.cpu_percent if use else None,
        "running_jobs": use.running_jobs if use else None,
    }
