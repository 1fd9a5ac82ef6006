"""What is in a workload: its images and its jobs, page by page."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from api import presenting
from api.description import parameters
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.shapes import work
from api.web import paging
from dpip.domain import ImageKind, JobState


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """The lists below /workloads/{workload_id}."""
    routes = Blueprint("listings", __name__)

    @routes.get("/workloads/<workload_id>/images")
    @operation(
        "its images and how each stands",
        gives=work.Images,
        parameters=(parameters.choice("kind", ImageKind, "originals or results only"), *parameters.PAGES),
    )
    @guard.reads
    def images(workload_id: str) -> Response:
        after = paging.after_within(workload_id)
        page = parts.catalog.images(
            visible.workload(parts, guard.caller, workload_id).id,
            kind=paging.choice("kind", ImageKind),
            limit=paging.limit(),
            after=after,
        )
        # A job has its original's id, so the same cursor leads to the jobs of this page's originals.
        originals = sum(item.kind in {ImageKind.ORIGINAL, ImageKind.FRAME} for item in page.items)
        found = parts.queue.jobs(workload_id, limit=originals, after=after).items if originals else ()
        states = {job.id: job for job in found}
        filtered = [item.id for item in page.items if item.kind is ImageKind.FILTERED]
        makings = parts.catalog.makings(filtered) if filtered else {}
        return jsonify(
            images=[presenting.image(item, states.get(item.id), makings.get(item.id)) for item in page.items],
            next=page.next,
        )

    @routes.get("/workloads/<workload_id>/jobs")
    @operation(
        "its jobs: where, why there, how long",
        gives=work.Jobs,
        parameters=(parameters.choice("state", JobState, "in this state only"), *parameters.PAGES),
    )
    @guard.reads
    def jobs(workload_id: str) -> Response:
        page = parts.queue.jobs(
            visible.workload(parts, guard.caller, workload_id).id,
            state=paging.choice("state", JobState),
            limit=paging.limit(),
            after=paging.after_within(workload_id),
        )
        return jsonify(jobs=[presenting.job(item) for item in page.items], next=page.next)

    return routes
