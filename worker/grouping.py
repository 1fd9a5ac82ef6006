"""Outcomes travel in groups: every message through Ray costs more than a small job's outcome is worth."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator

from dpip.domain import Outcome

GROUP_WITHIN_S = 0.03  # how long a finished job waits for company, if others of its batch still run
LONG_JOB_S = 0.1  # a job that took this long goes out at once


def grouped(done: queue.SimpleQueue[Outcome], expected: int) -> Iterator[list[Outcome]]:
    """Yield all of `expected` outcomes, as they come."""
    while expected:
        group = [done.get()]
        deadline = time.monotonic() + (0.0 if group[0].timings.total > LONG_JOB_S else GROUP_WITHIN_S)
        while len(group) < expected:
            try:
                group.append(done.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                break
        expected -= len(group)
        yield group
