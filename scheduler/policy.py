"""Which job goes where. Pure: jobs and seats in, placements with their reasons out.

Rules, in this order: the worker offers every tag that is asked for; the job fits in the memory that is
free there; the worker's window has room; of those, the one that would finish the job first. A job waits
for a better worker when it would otherwise be the one that all others wait for at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dpip.domain import Placement, QueuedJob
from scheduler.berths import Berths, Found
from scheduler.cost import CostModel, kind_of
from scheduler.lookahead import URGENT, Lookahead
from scheduler.seat import Seat

ROUND_MAX = 1024  # jobs placed at once: others wait to write while these are claimed
PASSED_OVER = 16  # jobs that do not suit the open seats, before no more are looked at


@dataclass(frozen=True, slots=True)
class Choice:
    """A placement with the prediction it was made by."""

    placement: Placement
    predicted_s: float


def place(ahead: Lookahead, seats: Sequence[Seat], costs: CostModel, now: float) -> list[Choice]:
    """Place as many of the jobs ahead as the open seats have room for, at most `ROUND_MAX`; `ahead` was
    surveyed.

    First come first served, but for the jobs that would make the end late: large ones, and those that
    only few workers can take. A job that suits no open seat is passed over; others are not held up.
    """
    berths = Berths(seats, costs, ahead, now)
    round_ = _Round(berths, costs)
    urgent_size = URGENT * (ahead.ends_at - now) / ahead.fastest
    for jobs in (_pressed(ahead, berths), _urgent(ahead, berths, now), ahead.in_fair_order(berths.offer)):
        passed_over = 0
        for job in jobs:
            if not berths.open or passed_over > PASSED_OVER or len(round_.choices) >= ROUND_MAX:
                break
            if job.id not in round_.choices:
                at_once = ahead.size(job.id) >= urgent_size
                passed_over = 0 if round_.take(job, at_once=at_once) else passed_over + 1
    if not round_.choices and not any(seat.flights for seat in ahead.seats):
        _take_any(ahead, berths, round_)
    return list(round_.choices.values())


class _Round:
    """The choices of one call."""

    def __init__(self, berths: Berths, costs: CostModel) -> None:
        self.choices: dict[str, Choice] = {}
        self._berths = berths
        self._costs = costs

    def take(self, job: QueuedJob, *, at_once: bool = False, anyhow: bool = False) -> bool:
        found = self._berths.best(job, at_once=at_once, anyhow=anyhow)
        if found is None:
            return False
        reason = _reason(job, found, self._costs)
        self.choices[job.id] = Choice(Placement(job.id, found.seat.worker.id, reason), found.predicted_s)
        self._berths.take(found, job)
        return True


def _take_any(ahead: Lookahead, berths: Berths, round_: _Round) -> None:
    """While nothing runs, nothing is worth waiting for."""
    for job in ahead.in_fair_order(berths.offer):
        if round_.take(job, anyhow=True):
            return


def _urgent(ahead: Lookahead, berths: Berths, now: float) -> Iterator[QueuedJob]:
    """The largest first: those that cannot be done in time anywhere, then those that can on an open seat."""
    left = (ahead.ends_at - now) / ahead.fastest
    rank = 0
    while (ranked := ahead.ranked(rank)) is not None:
        size, job = ranked
        if size < URGENT * left:
            return
        if size <= left and size > (most := berths.largest_in_time()):
            rank = max(rank + 1, ahead.first_within(most))
            continue
        if job is not None:
            yield job
        rank += 1


def _pressed(ahead: Lookahead, berths: Berths) -> Iterator[QueuedJob]:
    for tags, jobs in ahead.pressed.items():
        for job in jobs:
            if not berths.offer(tags):
                break
            if job.id in ahead.jobs:
                yield job


def _reason(job: QueuedJob, found: Found, costs: CostModel) -> str:
    seat = found.seat
    rate, measured = costs.rate(seat.worker.id, kind_of(job))
    load = seat.worker.load
    busy = f"cpu {load.cpu_percent:.0f} %" if load else "no report yet"
    cores = f"{seat.cores} core{'' if seat.cores == 1 else 's'}"
    tags = f", offers {','.join(job.needs.tags)}" if job.needs.tags else ""
    return (
        f"{seat.worker.name} would finish first, in {found.finish_s:.2f} s: {seat.flights} in flight on "
        f"{cores}, {busy}, {rate * 1e3:.0f} ms/MP {'measured' if measured else 'assumed'}, needs "
        f"{job.needs.memory_bytes >> 20} of {seat.memory_available >> 20} MiB free{tags}"
    )
