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

if TYPE_CHECKING:
    from imaging.engine import Result, run
    from imaging.process import configure_process

_LATER = {"run": "imaging.engine", "Result": "imaging.engine", "configure_process": "imaging.process"}

__all__ = [
    "FORMATS",
    "FilterDescription",
    "Format",
    "Header",
    "Limits",
    "Pipeline",
    "Result",
    "catalogue",
    "check_complete",
    "check_output",
    "configure_process",
    "estimate_memory",
    "parse_pipeline",
    "pipeline_from_json",
    "read_header",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
