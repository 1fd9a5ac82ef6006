"""An original: looked at, kept, and made a job, before the client hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from api.parts import Parts
from api.people import visible
from api.uploads.admission import admit, shown
from api.uploads.incoming import Incoming
from api.watching.journeys import Journeys
from api.web import fields
from bus.messages import Topic
from dpip.domain import Caller, StoredImage, Workload
from dpip.errors import Malformed
from dpip.logs import fields as fields_of_log
from dpip.ports import Receipt

log = logging.getLogger(__name__)

WORKLOADS_REMEMBERED = 1024


class Originals:
    """Keeps originals, one at a time.

    A workload's owner, pipeline and tags never change, so they are looked up once. That it was deleted or
    cancelled meanwhile, the transaction that keeps the image finds out.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._journeys = Journeys(parts)
        self._seen: dict[tuple[str, str, str], Workload] = {}  # by user, role and workload

    def keep(
        self,
        caller: Caller,
        incoming: Incoming,
        receipt: Callable[[dict[str, object]], Receipt | None] | None = None,
    ) -> dict[str, object]:
        """Raises `NotFound` for a workload that is not the caller's, and what `admit` raises."""
        workload_id = fields.text(incoming.fields, "workload_id")
        if workload_id is None:
            raise Malformed("the field workload_id is missing; POST /workloads gives one")
        return self._keep(self._workload(caller, workload_id), incoming, receipt)

    def _workload(self, caller: Caller, workload_id: str) -> Workload:
        key = (caller.user_id, caller.role.value, workload_id)
        workload = self._seen.get(key)
        if workload is None:
            workload = visible.workload(self._parts, caller, workload_id)
            if len(self._seen) >= WORKLOADS_REMEMBERED:
                self._seen.clear()
            self._seen[key] = workload
        return workload

    def _keep(
        self,
        workload: Workload,
        incoming: Incoming,
        receipt: Callable[[dict[str, object]], Receipt | None] | None,
    ) -> dict[str, object]:
        parts, trace = self._parts, self._journeys.given()
        new = admit(incoming.upload, incoming.name, workload, parts.bounds.limits, trace)
        received = self._journeys.now()

        def written(stored: StoredImage) -> Receipt | None:
            return receipt(shown(stored.id, workload.id, stored.facts)) if receipt is not None else None

        stored = parts.catalog.add_original(new, incoming.upload.commit, parts.clock(), written)
        parts.announcer.announce(Topic.WORK, {"workload": workload.id})
        log.debug("kept", extra=fields_of_log(job=stored.id, workload=workload.id))
        self._journeys.uploaded([stored], received)
        return shown(stored.id, workload.id, stored.facts)
