"""The scheduler's loop: outcomes into the datastore, queued jobs onto workers. One thread owns all state.

Everything that happens elsewhere (hints from the bus, outcomes from workers, the clock) is an item in
one inbox; under load the inbox fills while the loop works, and is emptied in batches.
"""

from __future__ import annotations

import logging
import queue
import time
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum, auto

from dpip.domain import ClaimedJob, Failure, Outcome, Success
from dpip.errors import NotReady
from dpip.logs import fields
from dpip.ports import Clock, JobQueue, WorkerRegister
from scheduler.calls import Calls
from scheduler.cost import CostModel
from scheduler.fleet import Fleet, Flight
from scheduler.gateway import CallEnded, CallOutcomes, Ending, Event, Gateway
from scheduler.policy import WINDOW_MAX_JOBS_PER_CORE, Choice, has_room, place

log = logging.getLogger(__name__)

CANDIDATES_MAX = 512  # jobs looked at in one round
EXTRA_ATTEMPTS = 5  # beyond the limit for passing failures, before a job that never ends is given up
WORKERS_REFRESH_S = 1.0
CANCEL_CHECK_S = 5.0  # a lost "cancelled" hint is made good for after this long


class Hint(Enum):
    """What the bus may tell the dispatcher; each may be lost."""

    WORK = auto()
    WORKERS = auto()
    CANCELLED = auto()
    WAKE = auto()


Item = Hint | Event


@dataclass(frozen=True, slots=True)
class DispatchLimits:
    lease_s: float
    poll_s: float
    max_attempts: int


class Dispatcher:
    def __init__(
        self,
        jobs: JobQueue,
        register: WorkerRegister,
        gateway: Gateway,
        epoch: int,
        limits: DispatchLimits,
        clock: Clock = time.time,
    ) -> None:
        self._jobs = jobs
        self._register = register
        self._gateway = gateway
        self._epoch = epoch
        self._limits = limits
        self._clock = clock
        self._fleet = Fleet()
        self._costs = CostModel()
        self._calls = Calls()
        self._inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._placing = True
        self._workers_at = self._renewed_at = self._cancel_checked_at = 0.0

    @property
    def in_flight(self) -> int:
        return len(self._fleet)

    def tell(self, item: Item) -> None:
        """Put something into the inbox; from any thread."""
        self._inbox.put(item)

    def begin(self) -> None:
        """Take over what an earlier scheduler left: its jobs in flight go back to the queue."""
        released = self._jobs.release_before_epoch(self._epoch, self._clock())
        if released:
            log.info("took over jobs of an earlier scheduler", extra=fields(jobs=released))

    def stop_placing(self) -> None:
        """From now on, `step` only takes in what comes back from workers."""
        self._placing = False

    def step(self, timeout_s: float | None = None) -> None:
        """Wait for something to happen (at most `timeout_s`, default: the poll interval), and act on it.

        Raises `Fenced` when another scheduler has taken the lead, and `NotReady` while the datastore is
        away: then what had happened is put back, to be acted on (again: all of it may be) when it is back.
        """
        items = self._receive(self._limits.poll_s if timeout_s is None else timeout_s)
        try:
            self._act(items, self._clock())
        except NotReady:
            for item in items:
                self._inbox.put(item)
            raise

    def _act(self, items: list[Item], now: float) -> None:
        self._take_outcomes(items, now)
        if Hint.WORKERS in items or now - self._workers_at >= WORKERS_REFRESH_S:
            self._refresh_workers(now)
        if Hint.CANCELLED in items or now - self._cancel_checked_at >= CANCEL_CHECK_S:
            self._drop_cancelled(now)
        if now - self._renewed_at >= self._limits.lease_s / 3:
            self._tend_leases(now)
        if self._placing:
            self._place(now)

    def _receive(self, timeout_s: float) -> list[Item]:
        items: list[Item] = []
        try:
            items.append(self._inbox.get(timeout=timeout_s))
            while True:
                items.append(self._inbox.get_nowait())
        except queue.Empty:
            return items

    # --- results ---------------------------------------------------------------------------------

    def _take_outcomes(self, items: list[Item], now: float) -> None:
        outcomes = [outcome for item in items if isinstance(item, CallOutcomes) for outcome in item.outcomes]
        if outcomes:
            self._commit(outcomes, now)
        for item in items:
            if isinstance(item, CallEnded):
                self._end_call(item, now)

    def _commit(self, outcomes: list[Outcome], now: float) -> None:
        self._jobs.finish(outcomes, now, self._limits.max_attempts)
        for outcome in outcomes:
            flight = self._fleet.landed(outcome.job_id, outcome.attempt)
            if flight is not None and isinstance(outcome.result, Success):
                job = flight.claimed.job
                self._costs.learn(
                    outcome.worker_id, job.pipeline, job.needs.megapixels, outcome.timings.total
                )
            if isinstance(outcome.result, Failure):
                log.info(
                    "job failed",
                    extra=fields(job=outcome.job_id, attempt=outcome.attempt, kind=outcome.result.kind),
                )

    def _end_call(self, end: CallEnded, now: float) -> None:
        call = self._calls.get(end.call)
        if call is None:
            return
        if end.ending in {Ending.DIED, Ending.ABSENT}:
            self._fleet.actor_died(call.worker_id, call.incarnation)
        unanswered = [pair for pair in call.jobs if self._fleet.is_flying(*pair)]
        if unanswered:
            log.warning(
                "call ended with jobs unanswered",
                extra=fields(
                    worker=call.worker_id, ending=end.ending, jobs=len(unanswered), detail=end.detail
                ),
            )
            self._give_back(unanswered, died=end.ending is Ending.DIED, now=now)
        self._calls.end(end.call)

    def _give_back(self, pairs: list[tuple[str, int]], *, died: bool, now: float) -> None:
        self._jobs.release(pairs, died=died, now=now)
        for pair in pairs:
            self._fleet.landed(*pair)

    # --- workers and leases ----------------------------------------------------------------------

    def _refresh_workers(self, now: float) -> None:
        stranded = self._fleet.update(self._register.workers())
        self._workers_at = now
        if stranded:
            log.warning("workers went away with jobs", extra=fields(jobs=len(stranded)))
            self._give_back(stranded, died=True, now=now)

    def _drop_cancelled(self, now: float) -> None:
        self._cancel_checked_at = now
        by_worker: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for job_id in self._jobs.cancelled_among(self._fleet.in_flight()):
            flight = self._fleet.flight(job_id)
            if flight is not None:
                by_worker[flight.claimed.worker_id].append((job_id, flight.claimed.attempt))
                self._fleet.landed(job_id, flight.claimed.attempt)
        for worker_id, pairs in by_worker.items():
            worker = self._fleet.worker(worker_id)
            if worker is not None:
                self._gateway.cancel(worker, pairs)

    def _tend_leases(self, now: float) -> None:
        self._renewed_at = now
        self._jobs.renew(self._fleet.in_flight(), now + self._limits.lease_s)
        expired = self._jobs.release_expired(now)
        if expired:
            log.warning("leases ran out", extra=fields(jobs=expired))

    # --- placing ---------------------------------------------------------------------------------

    def _place(self, now: float) -> None:
        seats = [seat for seat in self._fleet.seats() if has_room(seat)]
        if not seats:
            return
        room = sum(max(1, WINDOW_MAX_JOBS_PER_CORE * seat.cores - seat.flights) for seat in seats)
        limit = min(CANDIDATES_MAX, room)
        candidates = self._jobs.candidates(limit, limit, self._fleet.offered_tags())
        if not candidates:
            return
        choices = {choice.placement.job_id: choice for choice in place(candidates, seats, self._costs)}
        if not choices:
            return
        claimed = self._jobs.claim(
            [choice.placement for choice in choices.values()], self._epoch, now, now + self._limits.lease_s
        )
        self._send(self._without_hopeless(claimed, now), choices, now)
        if len(choices) == len(candidates) == limit:
            self._inbox.put(Hint.WAKE)  # there is more, and there may be room for it

    def _without_hopeless(self, claimed: tuple[ClaimedJob, ...], now: float) -> list[ClaimedJob]:
        most = self._limits.max_attempts + EXTRA_ATTEMPTS
        hopeless = [item for item in claimed if item.attempt > most]
        if hopeless:
            failure = Failure("exhausted", f"no worker brought this job to an end in {most} attempts")
            self._commit(
                [Outcome(item.job.id, item.attempt, item.worker_id, failure) for item in hopeless], now
            )
        return [item for item in claimed if item.attempt <= most]

    def _send(self, claimed: list[ClaimedJob], choices: dict[str, Choice], now: float) -> None:
        batches: dict[str, list[ClaimedJob]] = defaultdict(list)
        for item in claimed:
            batches[item.worker_id].append(item)
        for worker_id, batch in batches.items():
            worker = self._fleet.worker(worker_id)
            assert worker is not None, "a seat was taken on a worker that is not in the fleet"  # noqa: S101
            for item in batch:
                predicted_s = choices[item.job.id].predicted_s
                self._fleet.took_off(Flight(item, worker.incarnation, predicted_s, now))
            call = self._calls.begin(worker, batch)
            self._gateway.send(call, worker, batch)
