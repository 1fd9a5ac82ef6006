"""An original: looked at, kept, and made a job, before the client hears of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from api import fields, visible
from api.incoming import Incoming
from api.parts import Parts
from bus.messages import Topic
from dpip.domain import Caller, ImageKind, Needs
from dpip.errors import Malformed
from dpip.ports import NewOriginal
from imaging import Pipeline, check_output, estimate_memory, parse_pipeline


@lru_cache(maxsize=1024)
def _pipeline(canonical: str) -> Pipeline:
    return parse_pipeline(canonical)


def keep_original(parts: Parts, caller: Caller, incoming: Incoming) -> dict[str, Any]:
    """Raises `NotFound` for a workload that is not the caller's, and what `Incoming.inspect` raises."""
    workload_id = fields.text(incoming.fields, "workload_id")
    if workload_id is None:
        raise Malformed("the field workload_id is missing; POST /workloads gives one")
    workload = visible.workload(parts, caller, workload_id)
    header, facts = incoming.inspect(parts.bounds.limits)
    pipeline = _pipeline(workload.pipeline)
    check_output(header, pipeline, parts.bounds.limits)
    needs = Needs(
        megapixels=facts.megapixels,
        memory_bytes=estimate_memory(header, pipeline),
        tags=workload.tags,
    )
    new = NewOriginal(workload.id, incoming.name, header.extension.removeprefix("."), facts, needs)
    stored = parts.catalog.add_original(new, incoming.upload.commit, parts.clock())
    parts.announcer.announce(Topic.WORK, {"workload": workload.id})
    return {
        "workload_id": workload.id,
        "image_id": stored.id,
        "type": ImageKind.ORIGINAL.value,
        "format": facts.format,
        "width": facts.width,
        "height": facts.height,
        "size_bytes": facts.size_bytes,
    }
