"""From the queue onto workers: looks ahead, lets the policy choose, claims and sends."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dpip.domain import ClaimedJob, Failure, Outcome
from dpip.journey import placed
from dpip.logs import fields
from dpip.ports import JobQueue, Traces
from dpip.priority import AGEING_S, Ageing
from scheduler.calls import Calls
from scheduler.copies import choose_copies
from scheduler.cost import CostModel
from scheduler.fairness import FairShares
from scheduler.fleet import Fleet
from scheduler.gateway import Gateway
from scheduler.lookahead import Lookahead
from scheduler.policy import ROUND_MAX, Choice, place
from scheduler.seat import Flight

log = logging.getLogger(__name__)

LOOK_PER_CORE = 8  # jobs looked at ahead; enough to see the large ones before the end is near
LOOK_MIN = 1024
LOOK_MAX = 32_768
LARGE_PER_CORE = 2  # of the largest jobs in the queue
LARGE_MIN = 128
LOW = 0.25  # of the jobs looked at: when fewer are left, look again
REFRESH_S = 0.5  # news of the queue waits so long while there is still enough to place
FEW_REFRESH_S = 0.05  # and so long while there is something
REFRESH_S_PER_JOB = 1e-4  # and longer the more there is to read
SURVEY_S_PER_JOB = 2e-5  # a survey costs a twentieth of that
SURVEY_SHARE = 0.05  # of the time that is left: after so long the foresight is made anew
SURVEY_MIN_S = 0.2
COPIES_EVERY_S = 0.05
COPIES_S_PER_JOB = 2e-5  # and longer the more flights there are to look at
EXTRA_ATTEMPTS = 5  # beyond the limit for passing failures, before a job that never ends is given up


@dataclass(frozen=True, slots=True)
class DispatchLimits:
    lease_s: float
    poll_s: float
    max_attempts: int
    ageing_s: float = AGEING_S


class Placer:
    def __init__(
        self,
        jobs: JobQueue,
        gateway: Gateway,
        fleet: Fleet,
        costs: CostModel,
        calls: Calls,
        epoch: int,
        limits: DispatchLimits,
        traces: Traces,
    ) -> None:
        self._traces = traces
        self._jobs = jobs
        self._gateway = gateway
        self._fleet = fleet
        self._costs = costs
        self._epoch = epoch
        self._limits = limits
        self._calls = calls
        self._shares = FairShares(costs)
        self._ahead = Lookahead()
        self._looked_at = self._copied_at = float("-inf")
        self._news = True

    @property
    def may_copy(self) -> bool:
        """True when idle cores watch others work: time may bring what no event tells."""
        return not self._ahead.jobs and len(self._fleet) > 0

    @property
    def idle(self) -> bool:
        """True when nothing waits, as far as is known, and nothing is in flight."""
        return not self._ahead.jobs and not len(self._fleet)

    def tell_news(self) -> None:
        """The queue may hold what was not there when it was last looked at."""
        self._news = True

    def place(self, now: float) -> None:
        """Claim and send what has room."""
        if now - self._copied_at >= COPIES_EVERY_S + COPIES_S_PER_JOB * len(self._fleet):
            self._copied_at = now
            self._copy(now)
        while seats := self._fleet.open_seats():
            self._look(now)
            if not self._ahead.jobs:
                break
            choices = place(self._ahead, seats, self._costs, now)
            if not choices:
                break
            self._claim(choices, now)
            enough = self._ahead.complete or len(self._ahead) > LOW * self._look_limit()
            if enough and len(choices) < ROUND_MAX:
                break

    def _look_limit(self) -> int:
        return min(LOOK_MAX, max(LOOK_MIN, LOOK_PER_CORE * self._fleet.cores))

    def _look(self, now: float) -> None:
        """Fetch candidates when there may be too few, or others than we know of."""
        limit = self._look_limit()
        few = len(self._ahead) <= LOW * limit
        if self._news:
            patience_s = FEW_REFRESH_S if few else REFRESH_S + REFRESH_S_PER_JOB * limit
            wanted = not self._ahead.jobs or now - self._looked_at >= patience_s
        else:
            wanted = few and not self._ahead.complete
        if wanted:
            self._ahead = self._look_anew(limit, now)
            self._looked_at, self._news = now, False
        left_s = self._ahead.ends_at - self._ahead.surveyed_at if self._ahead.well_founded else 0.0
        cost_s = SURVEY_S_PER_JOB * (len(self._ahead) + len(self._fleet))
        if now - self._ahead.surveyed_at >= max(SURVEY_MIN_S, SURVEY_SHARE * left_s, cost_s):
            self._ahead.survey(self._fleet.seats(), self._costs, now)

    def _look_anew(self, limit: int, now: float) -> Lookahead:
        tags, ageing = self._fleet.offered_tags(), Ageing(now, self._limits.ageing_s)
        found = self._jobs.candidates(limit, limit, tags, ageing)
        fair = self._shares.in_order(found)
        if len(fair) < limit:
            return Lookahead(fair)
        large = self._jobs.largest(max(LARGE_MIN, LARGE_PER_CORE * self._fleet.cores), tags, ageing)
        return Lookahead(fair, large, self._jobs.waiting())

    def _claim(self, choices: Sequence[Choice], now: float) -> None:
        predicted = {choice.placement.job_id: choice.predicted_s for choice in choices}
        placements = [choice.placement for choice in choices]
        known = self._ahead.jobs
        claimed = self._jobs.claim(placements, self._epoch, now, now + self._limits.lease_s, known)
        self._ahead.remove(predicted)
        self._shares.placed(item.job for item in claimed)
        if log.isEnabledFor(logging.DEBUG):
            for item in claimed:
                told = fields(job=item.job.id, attempt=item.attempt, worker=item.worker_id)
                log.debug("placed", extra=told)
        self._trace(claimed, choices, now)
        hopeful = self._without_hopeless(claimed, now)
        self._send([(item, predicted[item.job.id]) for item in hopeful], now)

    def _trace(self, claimed: Sequence[ClaimedJob], choices: Sequence[Choice], now: float) -> None:
        if self._traces.on:
            reasons = {choice.placement.job_id: choice.placement.reason for choice in choices}
            done = time.time()
            for item in claimed:
                self._traces.tell(placed(item, now, done, reasons[item.job.id]))

    def _without_hopeless(self, claimed: Sequence[ClaimedJob], now: float) -> list[ClaimedJob]:
        most = self._limits.max_attempts + EXTRA_ATTEMPTS
        hopeless = [item for item in claimed if item.attempt - item.job.spent > most]
        if hopeless:
            failure = Failure("exhausted", f"no worker brought this job to an end in {most} attempts")
            outcomes = [Outcome(item.job.id, item.attempt, item.worker_id, failure) for item in hopeless]
            self._jobs.finish(outcomes, now, self._limits.max_attempts)
            for item in hopeless:
                log.info("job failed", extra=fields(job=item.job.id, attempt=item.attempt, kind=failure.kind))
            log.warning("jobs given up", extra=fields(jobs=len(hopeless), attempts=most))
        return [item for item in claimed if item.attempt - item.job.spent <= most]

    def _copy(self, now: float) -> None:
        all_s = self._ahead.ends_at - now if self._ahead.jobs else 0.0
        copies = choose_copies(
            self._fleet.alone(), self._fleet.seats(), self._fleet.open_seats(), self._costs, all_s, now
        )
        if not copies:
            return
        items = [
            (replace(copy.flight.claimed, worker_id=copy.seat.worker.id, copy=True), copy.predicted_s)
            for copy in copies
        ]
        taken = self._jobs.copy([item for item, _ in items], self._epoch)
        for copy in copies:
            log.info("second copy", extra=fields(job=copy.flight.claimed.job.id, why=copy.reason))
        self._send([(item, predicted_s) for item, predicted_s in items if item.job.id in taken], now)

    def _send(self, items: Sequence[tuple[ClaimedJob, float]], now: float) -> None:
        batches: dict[str, list[ClaimedJob]] = defaultdict(list)
        for item, predicted_s in items:
            worker = self._fleet.worker(item.worker_id)
            assert worker is not None, "a seat was taken on a worker that is not in the fleet"  # noqa: S101
            self._fleet.took_off(Flight(item, worker.incarnation, predicted_s, now), now)
            batches[item.worker_id].append(item)
        for worker_id, batch in batches.items():
            worker = self._fleet.worker(worker_id)
            if worker is not None:
                self._gateway.send(self._calls.begin(worker, batch), worker, batch)
