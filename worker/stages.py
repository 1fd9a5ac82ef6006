"""Where the time of one attempt at a job goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dpip.domain import Timings


class Stages:
    """`begun` are times since the epoch, `spent` seconds, by the names of `Timings`, in order."""

    def __init__(self) -> None:
        self.began = time.time()
        self.begun: dict[str, float] = {}
        self.spent = dict.fromkeys(("fetch", "decode", "filter", "encode", "deliver"), 0.0)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        self.begun[stage] = time.time()
        begun = time.monotonic()
        try:
            yield
        finally:
            self.spent[stage] = time.monotonic() - begun

    def took(self, began: float, **seconds: float) -> None:
        """Stages that followed each other from `began` on; of several outputs and frames they are sums."""
        for stage, took in seconds.items():
            self.begun[stage], self.spent[stage] = began, took
            began += took

    @property
    def timings(self) -> Timings:
        return Timings(**self.spent)

    def passed(self) -> list[tuple[str, float, float]]:
        """Name, beginning and end of the stages that there were."""
        return [(stage, at, at + self.spent[stage]) for stage, at in self.begun.items()]
