"""Whether a JPEG is written in several scans: seen coarsely at once, then finer, as it is loaded."""

from __future__ import annotations

from imaging.pipeline import Pipeline
from imaging.structure import Header


def written_progressive(header: Header, pipeline: Pipeline) -> bool:
    """As it is asked for; else as the original was, where that is a JPEG."""
    said = pipeline.output.progressive
    return header.format == "jpeg" and header.progressive if said is None else said
