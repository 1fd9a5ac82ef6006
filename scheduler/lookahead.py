"""The queued jobs that the policy sees, in fair order and by size, and when they might all be done."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median_low

import numpy as np

from dpip.domain import QueuedJob
from dpip.ports import Waiting
from scheduler.cost import CostModel, kind_of
from scheduler.seat import Seat

Tags = tuple[str, ...]

URGENT = 0.2  # a job that lasts longer than this part of the time that is left goes before others
WELL_FOUNDED = 0.8
PRESSED = 0.9  # of the pressure on the whole cluster: from there on jobs with tags go first where they can


class Lookahead:
    """`fair` are the next jobs in the order in which workloads take turns, and `large` the largest of all;
    `waiting` says what is queued of each workload; None: just these."""

    def __init__(
        self,
        fair: Iterable[QueuedJob] = (),
        large: Iterable[QueuedJob] = (),
        waiting: Mapping[str, Waiting] | None = None,
    ) -> None:
        self.jobs = {job.id: job for job in fair}  # the fair order comes first
        self._fair_ids = tuple(self.jobs)
        self.jobs |= {job.id: job for job in large if job.id not in self.jobs}
        self._rank = {job_id: rank for rank, job_id in enumerate(self.jobs)}
        self._of_tags: dict[Tags, dict[str, QueuedJob]] = {}
        for job in self.jobs.values():
            self._of_tags.setdefault(job.needs.tags, {})[job.id] = job
        self.complete = waiting is None  # nothing is queued beyond these jobs
        seen: dict[str, list[QueuedJob]] = {}
        for job in self.jobs.values():
            seen.setdefault(job.workload_id, []).append(job)
        self._unseen = {name: _less(all_, seen.get(name, [])) for name, all_ in (waiting or {}).items()}
        self._highest: dict[str, int] = {}  # owner -> the highest level among the owner's jobs
        for job in self.jobs.values():
            self._highest[job.owner_id] = max(job.level, self._highest.get(job.owner_id, job.level))
        self._example = {job.workload_id: job for job in self.jobs.values()}
        self._mean_size: dict[str, float] = {}  # by workload
        self.ends_at = float("inf")  # when all could be done, were work a liquid
        self.surveyed_at = float("-inf")
        self.well_founded = False  # most of the seats were measured
        self.fastest = 1.0  # slowness of the fastest seat
        self._typical: dict[str, float] = {}  # kind -> size of its middle job; empty when all have room
        self.pressed: dict[Tags, list[QueuedJob]] = {}  # jobs that need all of the few seats that take them
        self.seats: Sequence[Seat] = ()
        self._slowness: dict[str, float] = {}
        self._sizes: dict[str, float] = {}
        self._by_size: list[tuple[float, str]] = []  # negative sizes: the largest first

    def __len__(self) -> int:
        return len(self.jobs)

    def remove(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            job = self.jobs.pop(job_id, None)
            if job is not None:
                self._of_tags[job.needs.tags].pop(job_id, None)

    def in_fair_order(self, suits: Callable[[Tags], bool]) -> Iterable[QueuedJob]:
        """Jobs whose tags suit."""
        suiting = [jobs for tags, jobs in self._of_tags.items() if jobs and suits(tags)]
        if len(suiting) == 1:
            return suiting[0].values()
        return heapq.merge(*(jobs.values() for jobs in suiting), key=lambda job: self._rank[job.id])

    # --- sizes -----------------------------------------------------------------------------------

    def size(self, job_id: str) -> float:
        """Seconds on one core of the average worker."""
        return self._sizes[job_id]

    def _leads(self, job: QueuedJob) -> bool:
        """Whether none of its owner's jobs is of a higher level: a large one may go first for its size."""
        return job.level >= self._highest[job.owner_id]

    def is_large(self, job: QueuedJob) -> bool:
        """Whether smaller ones of its kind wait, too: then it is not the one to try a worker out with."""
        return self._sizes[job.id] > self._typical.get(kind_of(job), float("inf"))

    @property
    def exploring(self) -> bool:
        """Whether it pays to wait until more workers were tried out; there are jobs enough to try them."""
        return bool(self._typical) and not self.well_founded

    def first_within(self, size: float) -> int:
        """The rank of the largest job that is no larger than this."""
        return bisect_left(self._by_size, (-size, ""))

    def ranked(self, rank: int) -> tuple[float, QueuedJob | None] | None:
        """Size and job of a rank; no job when it is placed already; None after the last one."""
        if rank >= len(self._by_size):
            return None
        size, job_id = self._by_size[rank]
        return -size, self.jobs.get(job_id)

    # --- the survey ------------------------------------------------------------------------------

    def survey(self, seats: Sequence[Seat], costs: CostModel, now: float) -> None:
        """Look at all seats and jobs anew."""
        self.surveyed_at, self.seats = now, seats
        self._sizes = {job.id: costs.size(kind_of(job), job.needs.megapixels) for job in self.jobs.values()}
        self._average()
        self._by_size = sorted(
            (-size, job_id) for job_id, size in self._sizes.items() if self._leads(self.jobs[job_id])
        )
        self._typical = {}
        if len(self.jobs) > sum(seat.cores for seat in seats):
            of_kind: dict[str, list[float]] = {}
            for job in self.jobs.values():
                of_kind.setdefault(kind_of(job), []).append(self._sizes[job.id])
            self._typical = {kind: median_low(found) for kind, found in of_kind.items()}
        for seat in seats:
            seat.predict_anew(costs)
        known = sum(costs.knows_worker(seat.worker.id) for seat in seats)
        self.well_founded = known >= WELL_FOUNDED * len(seats)
        self._slowness = {seat.worker.id: costs.slowness(seat.worker.id) for seat in seats}
        self.ends_at = float("inf")
        self.pressed = {}
        if seats:
            self.fastest = min(self._slowness.values())
            work = self._work(costs)
            self.ends_at = self._level(sum(work.values()), now)
            self._press(work, now)

    def _average(self) -> None:
        """Mean sizes by workload, of the jobs in fair order: the others were chosen for their size."""
        fair: dict[str, list[float]] = {}
        for job_id in self._fair_ids:
            job = self.jobs.get(job_id)
            if job is not None:
                fair.setdefault(job.workload_id, []).append(self._sizes[job_id])
        self._mean_size |= {name: sum(sizes) / len(sizes) for name, sizes in fair.items()}

    def _work(self, costs: CostModel) -> dict[Tags, float]:
        """Sizes of all jobs in the queue, by tags."""
        work = {
            tags: sum(self._sizes[job_id] for job_id in jobs) for tags, jobs in self._of_tags.items() if jobs
        }
        for name, unseen in self._unseen.items():
            example = self._example.get(name)
            if example is None:
                continue
            if unseen.megapixels is None:
                size = unseen.jobs * self._mean_size.get(name, 0.0)
            else:
                size = unseen.jobs * costs.size(kind_of(example), unseen.megapixels / max(1, unseen.jobs))
            work[example.needs.tags] = work.get(example.needs.tags, 0.0) + size
        return work

    def slowness(self, worker_id: str) -> float:
        return self._slowness.get(worker_id, 1.0)

    def _level(self, work: float, now: float) -> float:
        """When all cores would be done together, if each took just the part of `work` that makes it so.

        Water in a vessel with an uneven floor: each core is a stair, as wide as it is fast, and as high as
        the time at which it is free.
        """
        free: list[float] = []
        speed: list[float] = []
        for seat in self.seats:
            free += seat.free_at(now)
            speed += [1.0 / self._slowness[seat.worker.id]] * seat.cores
        order = np.argsort(free)
        height, width = np.asarray(free)[order], np.asarray(speed)[order]
        level = (work + np.cumsum(height * width)) / np.cumsum(width)
        below_next_stair = level <= np.append(height[1:], np.inf)
        return float(level[np.argmax(below_next_stair)])

    def _press(self, work_of: Mapping[Tags, float], now: float) -> None:
        """Find the tags whose jobs would be done last."""
        pressure = sum(work_of.values()) / self._capacity(())
        found = []
        for tags in work_of.keys() - {()}:
            work = sum(some for others, some in work_of.items() if set(tags) <= set(others))
            capacity = self._capacity(tags)
            if capacity and work / capacity > PRESSED * pressure:
                found.append((work / capacity, tags))
        for needed_s, tags in sorted(found, reverse=True):
            self.ends_at = max(self.ends_at, now + needed_s)
            self.pressed[tags] = self._pressed_order(tags, URGENT * needed_s)

    def _pressed_order(self, tags: Tags, urgent_s: float) -> list[QueuedJob]:
        """The largest first, as long as they are urgent, then in fair order."""
        fastest = min(slow for seat, slow in self._with_slowness() if seat.tags.issuperset(tags))
        jobs = list(self._of_tags.get(tags, {}).values())
        urgent = [job for job in jobs if self._sizes[job.id] * fastest >= urgent_s]
        urgent.sort(key=lambda job: -self._sizes[job.id])
        return [*urgent, *jobs]

    def _with_slowness(self) -> Iterable[tuple[Seat, float]]:
        return ((seat, self._slowness[seat.worker.id]) for seat in self.seats)

    def _capacity(self, tags: Tags) -> float:
        """Sizes that the seats with these tags work off in a second."""
        return sum(
            seat.cores / self._slowness[seat.worker.id] for seat in self.seats if seat.tags.issuperset(tags)
        )


def _less(waiting: Waiting, seen: Sequence[QueuedJob]) -> Waiting:
    """What is waiting beside those seen."""
    jobs = max(0, waiting.jobs - len(seen))
    if waiting.megapixels is None:
        return Waiting(jobs, None)
    return Waiting(jobs, max(0.0, waiting.megapixels - sum(job.needs.megapixels for job in seen)))
