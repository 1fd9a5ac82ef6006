"""What failed, and why: listed page by page, and exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, jsonify, request

from api import presenting
from api.description import parameters
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.shapes import work
from api.web import paging
from api.web.leaving import taking_turns
from api.web.turns import Turns
from dpip.domain import FailedImage
from dpip.errors import Malformed

_MAX_KIND_CHARS = 40
KIND = parameters.text("kind", "of this kind only", maxLength=_MAX_KIND_CHARS)
_COLUMNS = ("image_id", "name", "kind", "detail", "attempts", "worker", "failed_at")
# What a spreadsheet would take for one; some read the full-width forms likewise.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001


def blueprint(parts: Parts, guard: Guard, leaving: Turns) -> Blueprint:
    """Lists below /workloads/{workload_id}; `leaving` bounds exports."""
    routes = Blueprint("failures", __name__)

    @routes.get("/workloads/<workload_id>/failures")
    @operation("what failed for good, and why", gives=work.FailedImages, parameters=(KIND, *parameters.PAGES))
    @guard.reads
    def listed(workload_id: str) -> Response:
        page = parts.queue.failures(
            visible.workload(parts, guard.caller, workload_id).id,
            kind=kind_of_failure(request.args.get("kind")),
            limit=paging.limit(),
            after=paging.after_within(workload_id),
        )
        return jsonify(failures=[presenting.failed_image(item) for item in page.items], next=page.next)

    @routes.get("/workloads/<workload_id>/failures.csv")
    @operation("all of them as CSV", media=("text/csv",), parameters=(KIND,))
    @guard.reads
    def as_csv(workload_id: str) -> Response:
        return exported(workload_id, "csv", "text/csv; charset=utf-8", _csv)

    @routes.get("/workloads/<workload_id>/failures.json")
    @operation("all of them as JSON", gives=list[work.FailedImage], parameters=(KIND,))
    @guard.reads
    def as_json(workload_id: str) -> Response:
        return exported(workload_id, "json", "application/json", _json)

    def exported(
        workload_id: str,
        extension: str,
        media_type: str,
        write: Callable[[Iterator[FailedImage]], Iterator[str]],
    ) -> Response:
        """All of them in one file, read from the datastore as the client takes it."""
        workload = visible.workload(parts, guard.caller, workload_id)
        every = _every(parts, workload.id, kind_of_failure(request.args.get("kind")))

        def file() -> Response:
            response = Response((text.encode() for text in write(every)), content_type=media_type)
            name = f"{workload.id}-failures.{extension}"
            response.headers.set("Content-Disposition", "attachment", filename=name)
            return response

        return taking_turns(leaving, guard.caller.user_id, file)

    return routes


def kind_of_failure(text: str | None) -> str | None:
    """Of the query. Raises `Malformed`."""
    if text is not None and len(text) > _MAX_KIND_CHARS:
        raise Malformed("kind must be a word as `failures` shows it: unreadable, cancelled, poisonous, ...")
    return text or None


def _every(parts: Parts, workload_id: str, kind: str | None) -> Iterator[FailedImage]:
    after: str | None = None
    while True:
        page = parts.queue.failures(workload_id, kind=kind, limit=paging.MAX_LIMIT, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def _csv(items: Iterator[FailedImage]) -> Iterator[str]:
    """RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    yield _line(_COLUMNS)
    for item in items:
        shown = dict(presenting.failed_image(item))
        yield _line([_harmless(shown[column]) for column in _COLUMNS])


def _line(values: object) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)  # type: ignore[arg-type]
    return text.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(items: Iterator[FailedImage]) -> Iterator[str]:
    """One array, an object on each line."""
    yield "["
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{json.dumps(presenting.failed_image(item))}"
    yield "\n]\n"
