"""The open seats in numbers, so that the best one for a job is found at about the same cost among 2 and
among 1,000. Kept up to date as jobs are put on them; the seats themselves are not changed."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dpip.domain import QueuedJob
from scheduler.cost import FIXED_S, CostModel, kind_of
from scheduler.lookahead import Lookahead
from scheduler.seat import Seat
from scheduler.window import MEMORY_MARGIN, MOMENT_S, Window

Numbers = NDArray[np.float64]

BETTER = 1.05  # a job waits for a worker that is taken when this one would take so many times longer
CAUTION = 1.3  # predictions are that wrong at times


@dataclass(slots=True)
class _Berth:
    seat: Seat
    window: Window
    free_at: list[float]  # a heap: when its cores are free
    memory_left: float
    known: bool  # something was measured there


@dataclass(frozen=True, slots=True)
class Found:
    """The best seat for a job."""

    index: int
    seat: Seat
    predicted_s: float
    finish_s: float  # from now


class Berths:
    def __init__(self, seats: Sequence[Seat], costs: CostModel, ahead: Lookahead, now: float) -> None:
        self._costs = costs
        self._ahead = ahead
        self._now = now
        self._berths = [_berth(seat, costs, now) for seat in seats]
        self._stretch = [
            seat.stretch(now, measured=berth.known) for seat, berth in zip(seats, self._berths, strict=True)
        ]
        self._wait: Numbers = np.array([berth.free_at[0] - now for berth in self._berths])
        self._slowness: Numbers = np.array([ahead.slowness(seat.worker.id) for seat in seats])
        self._rates: dict[tuple[str, tuple[str, ...], bool], Numbers] = {}
        self._others: _Others | None = None
        self._offered: dict[tuple[str, ...], bool] = {}
        self.open = len(self._berths)

    def best(self, job: QueuedJob, *, at_once: bool = False, anyhow: bool = False) -> Found | None:
        """Where the job would finish first; None when it suits no open seat, or had better wait.

        `at_once`: only where a core is free, or will be in a moment. `anyhow`: it had not better wait.
        """
        rates = self._rates_for(job, large=self._ahead.is_large(job) and not anyhow)
        finish = self._wait + rates * job.needs.megapixels
        index = int(finish.argmin())
        if self._berths[index].memory_left < job.needs.memory_bytes:
            left = np.array([berth.memory_left for berth in self._berths])
            finish[left < job.needs.memory_bytes] = np.inf
            index = int(finish.argmin())
        if finish[index] == np.inf:
            return None
        berth = self._berths[index]
        predicted_s = FIXED_S * self._stretch[index] + float(rates[index]) * job.needs.megapixels
        found = Found(index, berth.seat, predicted_s, float(self._wait[index]) + predicted_s)
        if anyhow:
            return found
        if at_once and self._wait[index] > MOMENT_S:
            return None
        return None if self._had_better_wait(job, found) else found

    def take(self, found: Found, job: QueuedJob) -> None:
        """Put the job there."""
        berth = self._berths[found.index]
        berth.window.add(found.predicted_s)
        berth.memory_left -= job.needs.memory_bytes
        heapq.heapreplace(berth.free_at, berth.free_at[0] + found.predicted_s)
        if berth.window.open:
            self._wait[found.index] = berth.free_at[0] - self._now
        else:
            self._wait[found.index] = np.inf
            self.open -= 1
            self._offered.clear()

    def largest_in_time(self) -> float:
        """The largest size that some open seat can finish before the end that is foreseen."""
        left = self._ahead.ends_at - self._now
        return float(np.max((left - self._wait) / self._slowness, initial=0.0))

    def offer(self, tags: tuple[str, ...]) -> bool:
        """Whether some open seat has them all."""
        offered = self._offered.get(tags)
        if offered is None:
            offered = any(berth.seat.tags.issuperset(tags) and berth.window.open for berth in self._berths)
            self._offered[tags] = offered
        return offered

    def _rates_for(self, job: QueuedJob, *, large: bool) -> Numbers:
        """Seconds per megapixel on each seat; infinite where the job may not go."""
        kind, tags = kind_of(job), job.needs.tags
        rates = self._rates.get((kind, tags, large))
        if rates is None:
            tried = self._costs.knows_kind(kind)
            rates = np.array(
                [
                    self._costs.rate(berth.seat.worker.id, kind)[0] * stretch
                    if berth.seat.tags.issuperset(tags) and ((berth.known and tried) or not large)
                    else np.inf
                    for berth, stretch in zip(self._berths, self._stretch, strict=True)
                ]
            )
            self._rates[kind, tags, large] = rates
        return rates

    def _had_better_wait(self, job: QueuedJob, found: Found) -> bool:
        """True when it would end after everything else here, and earlier on a worker that is taken now."""
        ahead = self._ahead
        if self._now + found.finish_s + (CAUTION - 1) * found.predicted_s <= ahead.ends_at:
            return False
        if ahead.exploring and ahead.is_large(job):
            return True
        if self._others is None:
            self._others = _Others(ahead, {berth.seat.worker.id for berth in self._berths}, self._now)
        return self._others.reserve_if_before(found.finish_s / BETTER, job, ahead.size(job.id))


class _Others:
    """The seats that are taken: when they could finish a job."""

    def __init__(self, ahead: Lookahead, open_ids: set[str], now: float) -> None:
        self._seats = [seat for seat in ahead.seats if seat.worker.id not in open_ids]
        self._slowness: Numbers = np.array([ahead.slowness(seat.worker.id) for seat in self._seats])
        self._wait: Numbers = np.array([max(0.0, seat.free_at(now)[0] - now) for seat in self._seats])

    def reserve_if_before(self, finish_s: float, job: QueuedJob, size: float) -> bool:
        if not self._seats:
            return False
        finish = self._wait + self._slowness * size
        if job.needs.tags:
            suits = [seat.tags.issuperset(job.needs.tags) for seat in self._seats]
            finish = np.where(suits, finish, np.inf)
        index = int(finish.argmin())
        if finish[index] >= finish_s:
            return False
        self._wait[index] += self._slowness[index] * size / self._seats[index].cores
        return True


def _berth(seat: Seat, costs: CostModel, now: float) -> _Berth:
    known = costs.knows_worker(seat.worker.id)
    memory_left = MEMORY_MARGIN * seat.memory_available - seat.memory_in_flight
    return _Berth(seat, Window.of(seat, probing=not known), seat.free_at(now), memory_left, known)
