"""When the scheduler takes its next step: at once while little happens, in company while much does.

A step costs some milliseconds whatever it is for: a transaction for what has ended, one for what is claimed,
a message to each worker.
"""

from __future__ import annotations

import math

EASY_JOBS_PER_S = 20.0  # up to here every event is acted on at once
SLOWER_S = 2e-3  # between two steps, for each job a second beyond that
LONGEST_S = 0.05  # a fifth of the work that waits on each core meanwhile (`window.WINDOW_S`)
MEMORY_S = 0.5  # over which the rate of jobs is averaged


class Pace:
    """Told of each step and of the jobs that ended in it. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._rate = 0.0  # jobs per second, at the time of the last step
        self._stepped_at = float("-inf")

    def stepped(self, jobs: int, now: float) -> None:
        passed_s = max(0.0, now - self._stepped_at)
        self._rate = self._rate * math.exp(-passed_s / MEMORY_S) + jobs / MEMORY_S
        self._stepped_at = now

    def wait_s(self, in_flight: int, now: float) -> float:
        """How long to wait until the next step; 0 when it is due, and when no other job could come along."""
        if in_flight <= 1:
            return 0.0
        interval_s = min(LONGEST_S, SLOWER_S * max(0.0, self._rate - EASY_JOBS_PER_S))
        return min(interval_s, max(0.0, self._stepped_at + interval_s - now))
