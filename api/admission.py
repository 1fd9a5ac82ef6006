"""Whether a picture may enter a workload, and what its job will need."""

from __future__ import annotations

from functools import lru_cache

from api.incoming import inspect
from dpip.domain import ImageFacts, Needs, Workload
from dpip.ports import NewOriginal, Upload
from imaging import Limits, Pipeline, check_output, estimate_memory, parse_pipeline


@lru_cache(maxsize=1024)
def _pipeline(canonical: str) -> Pipeline:
    return parse_pipeline(canonical)


def admit(upload: Upload, name: str | None, workload: Workload, limits: Limits) -> NewOriginal:
    """Raises `UnsupportedFormat`, `TooLarge` or `Unprocessable` for what cannot be filtered."""
    header, facts = inspect(upload, limits)
    pipeline = _pipeline(workload.pipeline)
    check_output(header, pipeline, limits)
    needs = Needs(facts.megapixels, estimate_memory(header, pipeline), workload.tags)
    return NewOriginal(workload.id, name, header.extension.removeprefix("."), facts, needs)


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
