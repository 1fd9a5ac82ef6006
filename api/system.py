"""What goes on: status, workers, filters, health, and the API's description of itself."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from api import page, paging, presenting
from api.auth import Guard
from api.parts import Parts
from api.problems import problem
from api.visible import owner_filter
from api.workload_view import WorkloadView
from dpip import __version__
from dpip.codecs import differing
from dpip.domain import WorkerState
from dpip.errors import DpipError, NotFound
from imaging import catalogue

SYSTEM_NAME = "Distributed and Parallel Image Processing (DPIP)"
MAX_ACTIVE_SHOWN = 1000
SAMPLES_MINUTES, MAX_SAMPLES_MINUTES = 10, 30 * 24 * 60
GONE_SHOWN_S = 3600.0  # workers that are gone are listed for an hour

_INDEX = {
    "POST /login": "HTTP Basic user and password -> a token",
    "DELETE /logout": "this token is dead from then on",
    "GET /tokens": "your tokens: names, scopes, expiry, last use (limit, after; user, for administrators)",
    "POST /tokens": "name, scopes, expires_in_hours -> a token, whose secret is shown this once",
    "DELETE /tokens/{token_id}": "that token is dead from then on",
    "GET /users": "all users (administrators; limit, after)",
    "POST /users": "name, password, role, quota_bytes, quota_images -> a user (administrators)",
    "GET /users/{user_name}": "a user, or yourself: role, quotas and what is used of them",
    "PATCH /users/{user_name}": "your password; role, disabled, quotas and any password for administrators",
    "DELETE /users/{user_name}": "remove a user; workloads=delete: with all workloads (administrators)",
    "GET /audit": "who did what (administrators; action, who, address, target, since, until, limit, after)",
    "GET /status": "the system and your active workloads",
    "POST /workloads": "filter, workload_name, tags, priority and the filter's parameters -> a workload",
    "GET /workloads": "your workloads, newest first (limit, after)",
    "GET /workloads/{workload_id}": "one workload",
    "DELETE /workloads/{workload_id}": "remove it with all its images",
    "POST /workloads/{workload_id}/cancel": "stop its jobs, keep what is done",
    "POST /workloads/{workload_id}/resume": "a cancelled one goes on, and takes images again",
    "GET /workloads/{workload_id}/failures": "what failed for good, and why (kind, limit, after)",
    "GET /workloads/{workload_id}/failures.csv": "all of them as CSV (kind)",
    "GET /workloads/{workload_id}/failures.json": "all of them as JSON (kind)",
    "POST /workloads/{workload_id}/replay": "run all that failed once more (kind)",
    "POST /workloads/{workload_id}/images": "many images at once: a form with many files, a zip or a tar",
    "GET /workloads/{workload_id}/images": "its images and how each stands (kind, limit, after)",
    "GET /workloads/{workload_id}/jobs": "its jobs: where, why there, how long (state, limit, after)",
    "POST /images": "a multipart form: the file in data, workload_id -> an image",
    "GET /images/{image_id}": "the bytes of an original or a filtered image",
    "GET /workloads/{workload_id}/archive": "all results in one zip (kind=original: the originals)",
    "POST /preview": "an image in data and a filter -> what comes of it, at once; nothing is kept",
    "DELETE /images/{image_id}": "remove an original with its results",
    "POST /images/{image_id}/replay": "run one that failed once more",
    "GET /workers": "who works here and how busy they are",
    "GET /workers/{worker_id}/samples": "how busy a worker was (minutes: how far back)",
    "GET /filters": "the filters and their parameters",
    "GET /assets/{name}": "a file of the page that browsers get at /",
    "GET /health/live": "is this process alive",
    "GET /health/ready": "can it take uploads, and if not, why",
}


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """GET /, /status, /workers, /filters and /health."""
    routes = Blueprint("system", __name__)
    view = WorkloadView(parts)

    @routes.get("/")
    def index() -> Response:
        told = jsonify(system_name=SYSTEM_NAME, version=__version__, endpoints=_INDEX)
        answer = page.page() if page.wanted() else told
        answer.vary.add("Accept")
        return answer

    @routes.get("/status")
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
    @guard.reads
    def workers() -> Response:
        found = parts.register.workers(gone_since=parts.clock() - GONE_SHOWN_S)
        taking = (worker.machine.codecs for worker in found if worker.state is WorkerState.ALIVE)
        return jsonify(
            workers=[presenting.worker(worker) for worker in found], codecs_differ=differing(taking)
        )

    @routes.get("/workers/<worker_id>/samples")
    @guard.reads
    def samples(worker_id: str) -> Response:
        since = parts.clock() - 60 * paging.number("minutes", SAMPLES_MINUTES, MAX_SAMPLES_MINUTES)
        found = parts.register.samples(worker_id, since)
        if not found and worker_id not in {one.id for one in parts.register.workers(gone_since=0.0)}:
            raise NotFound(f"there is no worker {worker_id!r}; GET /workers lists them")
        return jsonify(worker_id=worker_id, samples=[presenting.sample(item) for item in found])

    @routes.get("/filters")
    @guard.reads
    def filters() -> Response:
        return jsonify(filters=catalogue())

    @routes.get("/health/live")
    def live() -> Response:
        return jsonify(status="alive")

    @routes.get("/health/ready")
    def ready() -> Response:
        checks = {"datastore": _datastore(parts), "image_store": _image_store(parts)}
        wrong = [f"{part}: {reason}" for part, reason in checks.items() if reason is not None]
        if wrong:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "; ".join(wrong), checks=_worded(checks))
        return jsonify(status="ready", checks=_worded(checks) | _not_needed(parts))

    return routes


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
