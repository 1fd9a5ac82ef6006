"""Whether a picture may enter a workload, and what its job will need."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache

from api.uploads.incoming import inspect
from dpip.domain import ImageFacts, Needs, Workload
from dpip.errors import DpipError, Unprocessable
from dpip.logs import fields
from dpip.ports import NewOriginal, Upload
from imaging import Header, Limits, Plan, check_output_of_plan, estimate_memory_of_plan, parse_plan

log = logging.getLogger(__name__)


_SIZE_STEP = 64 * 1024  # bytes


@lru_cache(maxsize=1024)
def _plan(canonical: str) -> Plan:
    return parse_plan(canonical)


def _memory(header: Header, canonical: str, limits: Limits) -> int:
    """Bytes that the job will need. Raises what `check_output_of_plan` raises."""
    plan = _plan(canonical)
    check_output_of_plan(header, plan, limits)
    return estimate_memory_of_plan(header, plan)


_known_memory = lru_cache(maxsize=1024)(_memory)


def _memory_of_the_like(header: Header, canonical: str, limits: Limits) -> int:
    """The same for all pictures of a camera or a film: their headers differ in the file's size, which is
    rounded up. Headers of many pages are not worth keeping."""
    if header.pages:
        return _memory(header, canonical, limits)
    rounded = -(-header.size_bytes // _SIZE_STEP) * _SIZE_STEP
    return _known_memory(replace(header, size_bytes=rounded), canonical, limits)


def admit(
    upload: Upload, name: str | None, workload: Workload, limits: Limits, trace: str | None = None
) -> NewOriginal:
    """Raises `UnsupportedFormat`, `TooLarge` or `Unprocessable` for what cannot be filtered."""
    header, facts = inspect(upload, limits)
    try:
        memory = _memory_of_the_like(header, workload.pipeline, limits)
    except DpipError:
        raise
    except Exception as error:  # a plug-in's filter: whatever a stranger's code raises
        log.exception("a filter failed", extra=fields(workload=workload.id, pipeline=workload.pipeline))
        raise Unprocessable(
            f"the filter {workload.pipeline!r} fails on a picture of {facts.width} x {facts.height} pixels "
            f"({type(error).__name__}); tell who made it, or use another"
        ) from error
    needs = Needs(facts.megapixels, memory, workload.tags)
    return NewOriginal(workload.id, name, header.extension.removeprefix("."), facts, needs, trace)


def shown(image_id: str, workload_id: str, facts: ImageFacts) -> dict[str, object]:
    """What the uploader hears of an image that was kept."""
    return {
        "workload_id": workload_id,
        "image_id": image_id,
        "type": "original",
        "format": facts.format,
        "width": facts.width,
        "height": facts.height,
        "size_bytes": facts.size_bytes,
    }
