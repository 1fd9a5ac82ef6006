"""What the API does on an image's journey: the upload with which it begins, results that workers hand in,
and downloads. Called within a request; costs nothing while nobody takes traces."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from functools import partial
from typing import cast

from flask import Response, g, request
from werkzeug.wsgi import ClosingIterator

from api.parts import Parts
from dpip.domain import Caller, Job, Scope, StoredImage
from dpip.journey import ROOT, TRACEPARENT, Facts, Step, read_traceparent

_PARTS_OF_ORIGINAL = 2


class Journeys:
    """`given` is what an upload's job keeps, the rest tells steps."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._traces = parts.traces

    def given(self) -> str | None:
        """The client's `traceparent`, where it says something and somebody takes traces."""
        return read_traceparent(request.headers.get(TRACEPARENT)) if self._traces.on else None

    def now(self) -> float:
        """Of the clock of spans; 0 while nobody takes them."""
        return time.time() if self._traces.on else 0.0

    def uploaded(self, images: Iterable[StoredImage], received: float) -> None:
        """They are kept; their bodies had come, and were looked at, at `received`."""
        if not self._traces.on:
            return
        given, began, now = self.given(), _began(), time.time()
        for image in images:
            about: Facts = {
                "dpip.workload_id": image.workload_id,
                "dpip.bytes": image.facts.size_bytes,
                "dpip.format": image.facts.format,
                "dpip.megapixels": image.facts.megapixels,
                "dpip.request_id": g.request_id,
            }
            self._traces.tell(
                (
                    Step(image.id, ROOT, began, now, given, within=None, about=about),
                    Step(image.id, "receive", began, received, given),
                    Step(image.id, "keep", received, now, given),
                )
            )

    def delivered(self, job: Job, attempt: int, worker_id: str, began: float, *, stands: bool) -> None:
        """A worker's result was committed, or refused, from `began` on."""
        if not self._traces.on:
            return
        which = f"{attempt} {worker_id}"
        about: Facts = {"dpip.attempt": attempt, "dpip.stands": str(stands).lower()}
        self._traces.tell(
            [Step(job.id, "commit", began, time.time(), job.trace, f"{which} api", f"job {which}", about)]
        )

    def downloading(self, caller: Caller, image_id: str, response: Response) -> Response:
        """Its step ends with the last byte. In the trace of a client that has one, it points to the image.
        A worker's is a stage of its job, and told there."""
        if self._traces.on and Scope.READ in caller.scopes:
            tell = partial(self._downloaded, image_id, self.given(), _began(), response.status_code)
            body = cast("Iterable[bytes]", response.response)
            response.response = ClosingIterator(body, tell)
        return response

    def _downloaded(self, image_id: str, under: str | None, began: float, status: int) -> None:
        original = "-".join(image_id.split("-")[:_PARTS_OF_ORIGINAL])
        job = self._parts.queue.job(original)
        if job is None:  # a video's file, or deleted just now
            return
        about: Facts = {"dpip.downloaded": image_id, "http.response.status_code": status}
        which = secrets.token_hex(8)
        step = Step(original, "download", began, time.time(), job.trace, which, about=about, under=under)
        self._traces.tell([step])


def _began() -> float:
    """When this request did."""
    return time.time() - (time.perf_counter() - cast("float", g.begun))
