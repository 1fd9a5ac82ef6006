"""One broken file through the engine, and what is wrong with how it went."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

from dpip.errors import Refused
from imaging import Limits, check_complete, estimate_memory, parse_pipeline, read_header, run

LIMITS = Limits(max_bytes=2**20, max_megapixels=4, max_total_megapixels=12, max_frames=100, max_seconds=10)
SECONDS = 15.0
_PIPELINES = tuple(
    map(parse_pipeline, ("grayscale", "blur:sigma=1", "convert:format=png", "convert:format=gif", "convert"))
)
_SLACK = 24 * 2**20  # bytes, beside the estimate: tables, libraries' own
_FACTOR = 1.5
_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def _memory(kind: str) -> int:
    found = re.search(rf"{kind}:\s+(\d+) kB", _STATUS.read_text())
    return int(found[1]) * 1024 if found else 0


def problem(data: bytes, number: int) -> str | None:
    """Raises what is no refusal; returns what else is wrong."""
    pipeline = _PIPELINES[number % len(_PIPELINES)]
    allowed = _SLACK + 4 * len(data)
    try:
        stream = io.BytesIO(data)
        header = read_header(stream, len(data), LIMITS)
        allowed = int(_FACTOR * estimate_memory(header, pipeline)) + _SLACK
        check_complete(stream, len(data), header)
    except Refused:
        pass  # the engine must come to as much, without the look at the end
    measured = _CLEAR.exists()
    if measured:
        _CLEAR.write_text("5")
    before, begun = _memory("VmRSS"), time.monotonic()
    try:
        result = run(data, pipeline, LIMITS)
    except Refused as error:
        if "not enough memory" in error.detail:
            return f"it ran out of memory: {error.detail}"
        result = None
    taken, seconds = _memory("VmHWM") - before if measured else 0, time.monotonic() - begun
    if seconds > SECONDS:
        return f"it took {seconds:.1f} s"
    if taken > allowed:
        return f"it took {taken / 1e6:.0f} MB, and {allowed / 1e6:.0f} MB were allowed"
    if result is not None:
        made = read_header(io.BytesIO(result.data), len(result.data), Limits())
        check_complete(io.BytesIO(result.data), len(result.data), made)
        if (made.width, made.height) != (result.facts.width, result.facts.height):
            return f"the result is {made.width} x {made.height}, and it says {result.facts}"
    return None
