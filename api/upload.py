"""An original: looked at, kept, and made a job, before the client hears of it."""

from __future__ import annotations

from api import fields, visible
from api.admission import admit, shown
from api.incoming import Incoming
from api.parts import Parts
from bus.messages import Topic
from dpip.domain import Caller
from dpip.errors import Malformed


def keep_original(parts: Parts, caller: Caller, incoming: Incoming) -> dict[str, object]:
    """Raises `NotFound` for a workload that is not the caller's, and what `admit` raises."""
    workload_id = fields.text(incoming.fields, "workload_id")
    if workload_id is None:
        raise Malformed("the field workload_id is missing; POST /workloads gives one")
    workload = visible.workload(parts, caller, workload_id)
    new = admit(incoming.upload, incoming.name, workload, parts.bounds.limits)
    stored = parts.catalog.add_original(new, incoming.upload.commit, parts.clock())
    parts.announcer.announce(Topic.WORK, {"workload": workload.id})
    return shown(stored.id, workload.id, stored.facts)
