"""How a result came about: what a person needs to make it again, or to see what it could not keep."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response, jsonify

from api import presenting
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.results.outputs import output_of
from api.shapes import reports
from dpip.domain import Caller, ImageKind, StoredImage, Workload
from dpip.errors import NotFound
from dpip.ids import filtered_id
from imaging import parse_plan


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """GET /images/{image_id}/report and /workloads/{workload_id}/report."""
    routes = Blueprint("reports", __name__)

    @routes.get("/images/<image_id>/report")
    @operation(
        "how its results were made: pipeline, digests, versions, what was lost", gives=reports.ImageReport
    )
    @guard.reads
    def of_image(image_id: str) -> Response:
        return jsonify(_of_image(parts, guard.caller, image_id))

    @routes.get("/workloads/<workload_id>/report")
    @operation("how all its results were made, and how many each way", gives=reports.WorkloadReport)
    @guard.reads
    def of_workload(workload_id: str) -> Response:
        return jsonify(_of_workload(parts, visible.workload(parts, guard.caller, workload_id)))

    return routes


def _of_image(parts: Parts, caller: Caller, image_id: str) -> reports.ImageReport:
    """Of an original and all its results, or of one result. Raises `NotFound`."""
    owner_id = visible.owner_filter(caller)
    image = parts.catalog.image(image_id, owner_id)
    original = _original(parts, image, owner_id)
    workload = parts.catalog.workload(original.workload_id, None) if original else None
    job = parts.queue.job(original.id) if original else None
    if image is None or original is None or workload is None or job is None:
        raise NotFound(f"there is no image {image_id!r} of yours")
    results = _results(parts, original, workload) if image is original else [image]
    makings, pipelines = parts.catalog.makings([one.id for one in results]), _pipelines(workload)
    return {
        "image_id": image.id,
        "workload_id": workload.id,
        "original_id": original.id,
        "name": original.name,
        "input_sha256": original.facts.sha256,
        "results": [
            {
                "image_id": one.id,
                "output": output,
                "pipeline": pipelines[output],
                "output_sha256": one.facts.sha256,
                "made_at": presenting.moment(one.created_at),
                **presenting.making(makings.get(one.id)),
            }
            for one, output in ((one, _output(one)) for one in results)
        ],
        "job": presenting.job(job),
    }


def _of_workload(parts: Parts, workload: Workload) -> reports.WorkloadReport:
    made = parts.catalog.makings_of(workload.id)
    notes = Counter[str]()
    for making, images in made:
        notes.update(dict.fromkeys(making.notes, images))
    return {
        "workload_id": workload.id,
        "pipelines": _pipelines(workload),
        "made": [{"images": images, **presenting.making(making)} for making, images in made],
        "notes": [{"note": note, "images": images} for note, images in notes.most_common()],
    }


def _original(parts: Parts, image: StoredImage | None, owner_id: str | None) -> StoredImage | None:
    if image is None or image.kind is ImageKind.ORIGINAL:
        return image
    found = output_of(image.id)
    return parts.catalog.image(found[0], owner_id) if found else None


def _results(parts: Parts, original: StoredImage, workload: Workload) -> list[StoredImage]:
    found = (parts.catalog.image(filtered_id(original.id, output), None) for output in workload.outputs)
    return [image for image in found if image is not None]


def _output(filtered: StoredImage) -> str:
    found = output_of(filtered.id)
    return found[1] if found else ""


def _pipelines(workload: Workload) -> dict[str, str]:
    """By output, the pipeline that would make it alone."""
    return {name: whole.canonical for name, whole in parse_plan(workload.pipeline).wholes}
