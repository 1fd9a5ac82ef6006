"""How long a job will take: learned from the timings of those before it.

Jobs of a *kind* (a pipeline on a format) cost so many seconds per megapixel. For each worker and kind a
weighted mean of what was measured; a worker that has not run a kind yet is predicted by the mean of
the kind over all workers and by how slow this one is at other kinds; a kind that nobody has run, by
a default.
"""

from __future__ import annotations

from dataclasses import dataclass

from dpip.domain import QueuedJob

DEFAULT_S_PER_MEGAPIXEL = 0.03  # decode, filter and encode of a JPEG on one core of 2020s hardware
FIXED_S = 0.002  # what the smallest job costs
SMALL_MEGAPIXELS = 0.05  # below this the fixed part rules, and a rate would mislead
TELLING_MEGAPIXELS = 1.0  # a smaller job says less about the rate, and counts for less
WEIGHT = 0.2  # of the newest measurement of a worker
KNOWN = 2.0  # telling measurements from which on a kind, or a worker, is known
DOUBT = 0.25  # measurements that the expectation before any counts for
TINY = 1e-6
LEAST = 0.01  # no worker is taken to be more than a hundred times as fast as the average
WEIGHT_OF_ALL = 0.02  # of the newest measurement of a kind over all workers


def kind_of(job: QueuedJob) -> str:
    """What decides a job's cost beside its size."""
    return f"{job.facts.format} {job.pipeline}"


@dataclass(slots=True)
class _Mean:
    """The plain mean of the first few samples, then one that forgets."""

    value: float = 0.0
    total: float = 0.0  # weight of all samples so far

    def add(self, sample: float, weight: float, newest: float) -> None:
        self.total += weight
        self.value += max(newest * weight, weight / self.total) * (sample - self.value)

    def or_rather(self, expected: float) -> float:
        """What is to be expected after so few samples, when `expected` was before any."""
        return (self.value * self.total + expected * DOUBT) / (self.total + DOUBT)


class CostModel:
    def __init__(self) -> None:
        self._by_worker: dict[str, dict[str, _Mean]] = {}  # worker -> kind -> seconds per megapixel
        self._by_kind: dict[str, _Mean] = {}
        self._slowness: dict[str, _Mean] = {}

    def learn(self, worker_id: str, kind: str, megapixels: float, seconds: float) -> None:
        """`seconds` is the wall clock that the job took on its worker, queueing there left out."""
        rate = max(0.0, seconds - FIXED_S) / max(megapixels, SMALL_MEGAPIXELS)
        weight = min(1.0, max(megapixels, SMALL_MEGAPIXELS) / TELLING_MEGAPIXELS)
        of_kind = self._by_kind.setdefault(kind, _Mean())
        slowness = self._slowness.setdefault(worker_id, _Mean())
        # What surprises is laid to the one of the two that less is known of.
        worker_share = (of_kind.total + DOUBT) / (of_kind.total + slowness.total + 2 * DOUBT)
        expected, usual = self._rate_of(kind), self.slowness(worker_id)
        of_kind.add(rate / usual, weight * (1 - worker_share) if of_kind.total else weight, WEIGHT_OF_ALL)
        if of_kind.total > weight or slowness.total:
            slowness.add(rate / max(expected, TINY), weight * worker_share, WEIGHT)
        else:
            slowness.add(1.0, weight * worker_share, WEIGHT)
        self._by_worker.setdefault(worker_id, {}).setdefault(kind, _Mean()).add(rate, weight, WEIGHT)

    def knows_worker(self, worker_id: str) -> bool:
        """Whether enough was measured there to say how fast it is."""
        slowness = self._slowness.get(worker_id)
        return slowness is not None and slowness.total >= KNOWN

    def knows_kind(self, kind: str) -> bool:
        """Whether such jobs were run often enough to say something of the next one."""
        mean = self._by_kind.get(kind)
        return mean is not None and mean.total >= KNOWN

    def slowness(self, worker_id: str) -> float:
        """How many times longer jobs take there than on the average; 1 for a worker not measured yet."""
        slowness = self._slowness.get(worker_id)
        return 1.0 if slowness is None else max(LEAST, slowness.or_rather(1.0))

    def rate(self, worker_id: str, kind: str) -> tuple[float, bool]:
        """Seconds per megapixel, and whether that was measured on this very worker."""
        expected = self._rate_of(kind) * self.slowness(worker_id)
        mine = self._by_worker.get(worker_id, _NOTHING).get(kind)
        if mine is None:
            return expected, False
        return mine.or_rather(expected), True

    def predict(self, worker_id: str, kind: str, megapixels: float) -> float:
        """Seconds on one core of this worker."""
        return FIXED_S + self.rate(worker_id, kind)[0] * megapixels

    def size(self, kind: str, megapixels: float) -> float:
        """Seconds on one core of the average worker: what jobs of all kinds are compared by."""
        return FIXED_S + self._rate_of(kind) * megapixels

    def _rate_of(self, kind: str) -> float:
        anybody = self._by_kind.get(kind)
        return anybody.or_rather(DEFAULT_S_PER_MEGAPIXEL) if anybody else DEFAULT_S_PER_MEGAPIXEL


_NOTHING: dict[str, _Mean] = {}
