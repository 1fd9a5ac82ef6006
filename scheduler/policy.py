"""Which job goes where. Pure: jobs and seats in, placements with their reasons out.

Rules, in this order: the worker offers every tag that is asked for; the job fits in the memory that is
free there; the worker's window has room; of those, the one that would finish the job first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dpip.domain import Placement, QueuedJob
from scheduler.cost import CostModel
from scheduler.fleet import Seat

WINDOW_S = 0.25  # seconds of predicted work that each core may have waiting, so that it never idles
WINDOW_MAX_JOBS_PER_CORE = 64  # however small they are
MEMORY_MARGIN = 0.9  # of what is free; the rest is for what estimates miss


@dataclass(frozen=True, slots=True)
class Choice:
    """A placement with the prediction it was made by."""

    placement: Placement
    predicted_s: float


def has_room(seat: Seat) -> bool:
    """True while the worker's window takes another job: one more than it has cores at the least."""
    if seat.flights <= seat.cores:
        return True
    return seat.backlog_s < WINDOW_S * seat.cores and seat.flights < WINDOW_MAX_JOBS_PER_CORE * seat.cores


def fits(seat: Seat, job: QueuedJob) -> bool:
    """True when the job's estimated peak fits beside what is in flight in the memory that is free.

    Jobs in flight may be counted twice (they use memory already): that errs on the safe side.
    """
    return seat.memory_in_flight + job.needs.memory_bytes <= MEMORY_MARGIN * seat.memory_available


def place(jobs: Sequence[QueuedJob], seats: Sequence[Seat], costs: CostModel) -> list[Choice]:
    """Place as many of `jobs` as the seats have room for, first come first served. Updates the seats.

    A job that fits nowhere now is passed over; those after it are not held up.
    """
    choices: list[Choice] = []
    open_seats = [seat for seat in seats if has_room(seat)]
    for job in jobs:
        if not open_seats:
            break
        choice = _best(job, open_seats, costs)
        if choice is None:
            continue
        seat, predicted_s, finish_s = choice
        choices.append(
            Choice(Placement(job.id, seat.worker.id, _reason(job, seat, finish_s, costs)), predicted_s)
        )
        seat.flights += 1
        seat.backlog_s += predicted_s
        seat.memory_in_flight += job.needs.memory_bytes
        if not has_room(seat):
            open_seats.remove(seat)
    return choices


def _best(job: QueuedJob, seats: Sequence[Seat], costs: CostModel) -> tuple[Seat, float, float] | None:
    best: tuple[Seat, float, float] | None = None
    for seat in seats:
        if not seat.tags.issuperset(job.needs.tags) or not fits(seat, job):
            continue
        predicted_s = costs.predict(seat.worker.id, job.pipeline, job.needs.megapixels)
        finish_s = seat.backlog_s / seat.effective_cores + predicted_s * seat.cores / seat.effective_cores
        if best is None or finish_s < best[2]:
            best = (seat, predicted_s, finish_s)
    return best


def _reason(job: QueuedJob, seat: Seat, finish_s: float, costs: CostModel) -> str:
    rate, measured = costs.rate(seat.worker.id, job.pipeline)
    load = seat.worker.load
    busy = f"cpu {load.cpu_percent:.0f} %" if load else "no report yet"
    tags = f", offers {','.join(job.needs.tags)}" if job.needs.tags else ""
    return (
        f"{seat.worker.name} would finish first, in {finish_s:.2f} s: {seat.flights} in flight on "
        f"{seat.cores} cores, {busy}, {rate * 1e3:.0f} ms/MP {'measured' if measured else 'assumed'}, needs "
        f"{job.needs.memory_bytes >> 20} of {seat.memory_available >> 20} MiB free{tags}"
    )
