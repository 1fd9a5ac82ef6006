"""How long a job will take: learned from the timings of those before it.

For each worker and pipeline an exponentially weighted mean of seconds per megapixel; a worker that
has not run a pipeline yet is predicted by the pipeline's mean over all workers, and a pipeline that
nobody has run by a default.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_S_PER_MEGAPIXEL = 0.03  # decode, filter and encode of a JPEG on one core of 2020s hardware
FIXED_S = 0.002  # what the smallest job costs
SMALL_MEGAPIXELS = 0.05  # below this the fixed part rules, and a rate would mislead
WEIGHT = 0.2  # of the newest measurement


@dataclass(slots=True)
class _Mean:
    value: float

    def add(self, sample: float) -> None:
        self.value += WEIGHT * (sample - self.value)


class CostModel:
    def __init__(self) -> None:
        self._by_worker: dict[tuple[str, str], _Mean] = {}
        self._by_pipeline: dict[str, _Mean] = {}

    def learn(self, worker_id: str, pipeline: str, megapixels: float, seconds: float) -> None:
        """`seconds` is the wall clock that the job took on its worker, queueing there left out."""
        rate = max(0.0, seconds - FIXED_S) / max(megapixels, SMALL_MEGAPIXELS)
        self._by_worker.setdefault((worker_id, pipeline), _Mean(rate)).add(rate)
        self._by_pipeline.setdefault(pipeline, _Mean(rate)).add(rate)

    def rate(self, worker_id: str, pipeline: str) -> tuple[float, bool]:
        """Seconds per megapixel, and whether that was measured on this very worker."""
        mine = self._by_worker.get((worker_id, pipeline))
        if mine is not None:
            return mine.value, True
        anybody = self._by_pipeline.get(pipeline)
        return (anybody.value if anybody else DEFAULT_S_PER_MEGAPIXEL), False

    def predict(self, worker_id: str, pipeline: str, megapixels: float) -> float:
        """Seconds on one core of this worker."""
        return FIXED_S + self.rate(worker_id, pipeline)[0] * megapixels
