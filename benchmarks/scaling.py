"""Speed-up over workers, and how many pictures it takes until a system of processes pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.guest import CannotTakePart, Failed, Guest
from benchmarks.measuring import Run, median
from benchmarks.picture_sets import PictureSet
from benchmarks.rivals.catalogue import DPIP, ENTRIES

Say = Callable[[str], None]
_WARM_UP = 4


@dataclass(frozen=True, slots=True)
class Step:
    """So many workers of one core each. Speed-up and efficiency are beside one such worker."""

    kind: str
    workers: int
    run: Run
    speed_up: float

    @property
    def efficiency(self) -> float:
        return self.speed_up / self.workers


def speed_ups(
    kind: str, pictures: PictureSet, filter_name: str, cores: int, repeats: int, say: Say
) -> list[Step]:
    """From one worker to one per core. Raises CannotTakePart and Failed."""
    steps: list[Step] = []
    for workers in _up_to(cores):
        guest = Guest(ENTRIES[kind], workers)
        try:
            guest.run(pictures, filter_name, pictures.files[:_WARM_UP])
            run = median([guest.run(pictures, filter_name) for _ in range(repeats)])
        finally:
            guest.close()
        first = steps[0].run if steps else run
        steps.append(Step(kind, workers, run, first.seconds / run.seconds))
        say(f"{kind} with {workers}: {run.per_second:.1f} images/s, speed-up {steps[-1].speed_up:.2f}")
    return steps


def _up_to(cores: int) -> list[int]:
    """1, 2, 4, ... and the number itself."""
    return sorted({2**power for power in range(cores.bit_length()) if 2**power <= cores} | {cores})


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Seconds for batches of some sizes: through DPIP, and one after the other in one thread."""

    filter: str
    sizes: Sequence[int]
    dpip_s: Sequence[float]
    sequential_s: Sequence[float]
    start_s: float  # of DPIP

    @property
    def running(self) -> float | None:
        """Pictures from which DPIP is done first, when it runs already."""
        return self._crossing(0.0)

    @property
    def from_nothing(self) -> float | None:
        """The same when it has to be started first."""
        return self._crossing(self.start_s)

    def _crossing(self, before_s: float) -> float | None:
        """Where the two lines that fit best meet."""
        slope, base = np.polyfit(self.sizes, self.dpip_s, 1)
        other_slope, other_base = np.polyfit(self.sizes, self.sequential_s, 1)
        if slope >= other_slope:
            return None
        return max(float((base + before_s - other_base) / (other_slope - slope)), 1.0)


def break_even(pictures: PictureSet, filter_name: str, cores: int, repeats: int, say: Say) -> BreakEven:
    dpip, sequential = Guest(ENTRIES[DPIP], cores), Guest(ENTRIES["sequential"], cores)
    sizes = [size for size in (1, 2, 4, 8, 16, 32) if size <= len(pictures)]
    ours: list[float] = []
    theirs: list[float] = []
    try:
        for guest in (dpip, sequential):
            guest.run(pictures, filter_name, pictures.files[:_WARM_UP])
        for size in sizes:
            files = pictures.files[:size]
            pairs = [
                (dpip.run(pictures, filter_name, files), sequential.run(pictures, filter_name, files))
                for _ in range(repeats)
            ]
            ours.append(median([pair[0] for pair in pairs]).seconds)
            theirs.append(median([pair[1] for pair in pairs]).seconds)
            say(f"{size} pictures: {ours[-1]:.2f} s, one after the other {theirs[-1]:.2f} s")
    finally:
        dpip.close()
        sequential.close()
    return BreakEven(filter_name, sizes, ours, theirs, dpip.ready_s)


__all__ = ["BreakEven", "CannotTakePart", "Failed", "Step", "break_even", "speed_ups"]
