"""What goes on: status, workers, filters, health, and the API's description of itself."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, jsonify

from api import page, presenting
from api.description import parameters
from api.description.document import described
from api.description.operation import JSON, UNCHANGED, operation
from api.parts import Parts
from api.people.auth import Guard
from api.people.visible import owner_filter
from api.shapes import system as shapes
from api.web import paging
from api.web.problems import problem
from api.workloads.view import WorkloadView
from dpip import __version__
from dpip.codecs import differing
from dpip.domain import WorkerState
from dpip.errors import DpipError, NotFound
from imaging import catalogue

SYSTEM_NAME = "Distributed and Parallel Image Processing (DPIP)"
MAX_ACTIVE_SHOWN = 1000
SAMPLES_MINUTES, MAX_SAMPLES_MINUTES = 10, 30 * 24 * 60
GONE_SHOWN_S = 3600.0  # workers that are gone are listed for an hour


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """GET /, /status, /workers, /filters and /health."""
    routes = Blueprint("system", __name__)
    view = WorkloadView(parts)

    @routes.get("/")
    @operation(
        "what there is; the page, for browsers", gives=shapes.Index, media=(JSON, "text/html"), also=UNCHANGED
    )
    def index() -> Response:
        told = jsonify(system_name=SYSTEM_NAME, version=__version__, endpoints=_index(current_app))
        answer = page.page() if page.wanted() else told
        answer.vary.add("Accept")
        return answer

    @routes.get("/status")
    @operation("the system and your active workloads", gives=shapes.Status)
    @guard.reads
    def status() -> Response:
        page = parts.catalog.workloads(owner_filter(guard.caller), active_only=True, limit=MAX_ACTIVE_SHOWN)
        workers = parts.register.workers()
        return jsonify(
            system_name=SYSTEM_NAME,
            server_time=presenting.moment(parts.clock()),
            version=__version__,
            user=guard.caller.user_name,
            active_workloads=view.many(page.items),
            more_active_workloads=page.next is not None,
            queued_jobs=sum(workload.queued for workload in page.items),
            running_jobs=sum(workload.running for workload in page.items),
            workers={
                state.value: sum(worker.state is state for worker in workers)
                for state in WorkerState
                if any(worker.state is state for worker in workers)
            },
        )

    @routes.get("/workers")
    @operation("who works here and how busy they are", gives=shapes.Workers)
    @guard.reads
    def workers() -> Response:
        found = parts.register.workers(gone_since=parts.clock() - GONE_SHOWN_S)
        taking = (worker.machine.codecs for worker in found if worker.state is WorkerState.ALIVE)
        return jsonify(
            workers=[presenting.worker(worker) for worker in found], codecs_differ=differing(taking)
        )

    @routes.get("/workers/<worker_id>/samples")
    @operation(
        "how busy a worker was",
        gives=shapes.Samples,
        parameters=(
            parameters.whole(
                "minutes",
                "how far back",
                SAMPLES_MINUTES,
                MAX_SAMPLES_MINUTES,
            ),
        ),
    )
    @guard.reads
    def samples(worker_id: str) -> Response:
        since = parts.clock() - 60 * paging.number("minutes", SAMPLES_MINUTES, MAX_SAMPLES_MINUTES)
        found = parts.register.samples(worker_id, since)
        if not found and worker_id not in {one.id for one in parts.register.workers(gone_since=0.0)}:
            raise NotFound(f"there is no worker {worker_id!r}; GET /workers lists them")
        return jsonify(worker_id=worker_id, samples=[presenting.sample(item) for item in found])

    @routes.get("/filters")
    @operation("the filters and their parameters", gives=shapes.Filters)
    @guard.reads
    def filters() -> Response:
        return jsonify(filters=catalogue())

    @routes.get("/health/live")
    @operation("is this process alive", gives=shapes.Alive)
    def live() -> Response:
        return jsonify(status="alive")

    @routes.get("/health/ready")
    @operation("can it take uploads, and if not, why", gives=shapes.Ready, refuses=(503,))
    def ready() -> Response:
        checks = {"datastore": _datastore(parts), "image_store": _image_store(parts)}
        wrong = [f"{part}: {reason}" for part, reason in checks.items() if reason is not None]
        if wrong:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "; ".join(wrong), checks=_worded(checks))
        return jsonify(status="ready", checks=_worded(checks) | _not_needed(parts))

    return routes


def _index(app: Flask) -> dict[str, str]:
    """Each route in a line, with the names of what its query takes."""
    found = {}
    for method, path, told, _, _ in described(app):
        names = [one.name for one in told.parameters if one.place == "query"]
        found[f"{method} {path}"] = told.summary + (f" ({', '.join(names)})" if names else "")
    return found


def _worded(checks: dict[str, str | None]) -> dict[str, str]:
    return {part: reason or "ok" for part, reason in checks.items()}


def _datastore(parts: Parts) -> str | None:
    try:
        if not parts.accounts.any_user():
            return "there is no user yet"
    except DpipError as error:
        return error.detail
    return None


def _image_store(parts: Parts) -> str | None:
    try:
        parts.store.begin().abort()
    except DpipError as error:
        return error.detail
    return None


def _not_needed(parts: Parts) -> dict[str, str]:
    """Uploads are taken without these; they wait."""
    try:
        ray = parts.leadership.ray_address()
        alive = sum(worker.state is WorkerState.ALIVE for worker in parts.register.workers())
    except DpipError as error:
        return {"scheduler": error.detail, "workers": error.detail}
    return {
        "scheduler": "ok" if ray else "none has said where Ray is; uploads wait",
        "workers": f"{alive} alive" if alive else "none is alive; uploads wait",
    }
