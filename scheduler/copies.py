"""Second copies of jobs that run late, on cores that have nothing else to do; the first result counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from scheduler.cost import CostModel, kind_of
from scheduler.seat import Flight, Seat
from scheduler.window import MEMORY_MARGIN, MOMENT_S

GAIN_S = 0.1  # a copy that would end less than this earlier is not worth its bother
GAIN = 0.2  # nor is one that gains less than this part of its own time
COMPARED = 8  # of the free seats, the fastest first
LATE = 1.05  # a job that ends this much after all others is looked at


@dataclass(frozen=True, slots=True)
class Copy:
    """Run this flight's job there, too."""

    flight: Flight
    seat: Seat
    predicted_s: float
    reason: str


def choose_copies(
    flights: Sequence[Flight],
    seats: Sequence[Seat],
    open_seats: Sequence[Seat],
    costs: CostModel,
    all_s: float,
    now: float,
) -> list[Copy]:
    """Of `flights`, which have no copy yet, those that a core that is free would end earlier. The latest
    first.

    All that is queued will be done in `all_s` seconds: what ends by then is left alone. Nor is there a copy
    of a job that a worker died of, which might take another with it, or while nobody knows how long such
    jobs take.
    """
    free = {seat: seat.free_at(now)[0] - now for seat in open_seats if costs.knows_worker(seat.worker.id)}
    ranked = sorted(
        (costs.slowness(seat.worker.id), wait_s, number)
        for number, (seat, wait_s) in enumerate(free.items())
        if wait_s <= MOMENT_S
    )
    order = list(free)
    free = {order[number]: wait_s for _, wait_s, number in ranked}  # the fastest first
    if not free or not flights:
        return []
    fastest = ranked[0][0]
    ends: dict[Flight, float] = {}
    for seat in seats:
        ends |= seat.ends(now)
    copies = []
    for flight in sorted(flights, key=lambda flight: ends.get(flight, 0.0), reverse=True):
        job = flight.claimed.job
        left_s = ends.get(flight, now) - now
        if not free or left_s < all_s * LATE + GAIN_S:
            break
        if job.deaths or not costs.knows_kind(kind_of(job)):
            continue
        if fastest * costs.size(kind_of(job), job.needs.megapixels) > left_s:
            continue
        there = _quickest(flight, free, costs, now)
        if there is None:
            continue
        predicted_s = _predict(flight, there, costs, now)
        finish_s = free[there] + predicted_s
        if finish_s + max(GAIN_S, GAIN * finish_s) < left_s:
            reason = f"{there.worker.name} would finish in {finish_s:.2f} s, the first one in {left_s:.2f} s"
            copies.append(Copy(flight, there, predicted_s, reason))
            del free[there]
    return copies


def _quickest(flight: Flight, free: dict[Seat, float], costs: CostModel, now: float) -> Seat | None:
    needs = flight.claimed.job.needs
    all_suiting = (
        seat
        for seat in free
        if seat.worker.id != flight.claimed.worker_id
        and seat.tags.issuperset(needs.tags)
        and seat.memory_in_flight + needs.memory_bytes <= MEMORY_MARGIN * seat.memory_available
    )
    suiting = list(islice(all_suiting, COMPARED))
    return min(suiting, key=lambda seat: free[seat] + _predict(flight, seat, costs, now), default=None)


def _predict(flight: Flight, seat: Seat, costs: CostModel, now: float) -> float:
    job = flight.claimed.job
    predicted_s = costs.predict(seat.worker.id, kind_of(job), job.needs.megapixels)
    return predicted_s * seat.stretch(now, measured=True)
