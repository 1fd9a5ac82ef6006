"""The pixel engine: bytes and a pipeline in, bytes and a report out. Knows no job and no network.

Reading headers and pipelines loads neither OpenCV nor NumPy nor Pillow; `run` and `configure_process` do,
when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from imaging.admission import check_output
from imaging.catalogue import FilterDescription, catalogue
from imaging.estimate import estimate_memory
from imaging.formats import FORMATS, Format
from imaging.header import Header, check_complete, read_header
from imaging.limits import Limits
from imaging.objects import pipeline_from_json
from imaging.parsing import parse_pipeline
from imaging.pipeline import Pipeline
from imaging.plan import Plan
from imaging.plan_admission import check_output_of_plan, estimate_memory_of_plan
from imaging.planning import parse_plan, plan_from_json

if TYPE_CHECKING:
    from imaging.branching import run_plan
    from imaging.engine import Result, run
    from imaging.process import configure_process

_LATER = {
    "run": "imaging.engine",
    "Result": "imaging.engine",
    "run_plan": "imaging.branching",
    "configure_process": "imaging.process",
}

__all__ = [
    "FORMATS",
    "FilterDescription",
    "Format",
    "Header",
    "Limits",
    "Pipeline",
    "Plan",
    "Result",
    "catalogue",
    "check_complete",
    "check_output",
    "check_output_of_plan",
    "configure_process",
    "estimate_memory",
    "estimate_memory_of_plan",
    "parse_pipeline",
    "parse_plan",
    "pipeline_from_json",
    "plan_from_json",
    "read_header",
    "run",
    "run_plan",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
