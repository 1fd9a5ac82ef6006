"""One job on a worker: fetch, filter, deliver; and an outcome, whatever happens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from dpip.domain import ClaimedJob, Failure, Outcome, Output, QueuedJob, Success, Timings
from dpip.errors import DpipError
from dpip.journey import worked
from dpip.logs import fields
from dpip.ports import NO_TRACES, ImageExchange, Traces
from imaging.limits import Limits
from worker.cores import Cores
from worker.desk import Ticket
from worker.failures import Cancelled, Poisonous, StorageTrouble, failure_of
from worker.filtering import Filtered, Picture, filter_here
from worker.isolated import filter_alone
from worker.patience import patiently
from worker.stages import Stages

log = logging.getLogger(__name__)
T = TypeVar("T")

STORE_PATIENCE_S = 60.0
_EXPECTED = (Cancelled, Poisonous, StorageTrouble, DpipError)


class JobRunner:
    """Runs jobs in the calling thread; at most `cores` of them filter large pictures at the same time."""

    def __init__(
        self,
        worker_id: str,
        cores: int,
        limits: Limits,
        exchange: Callable[[], ImageExchange],
        job_limit_s: float,
        patience_s: float = STORE_PATIENCE_S,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._traces = traces
        self._worker_id = worker_id
        self._limits = limits
        self._exchange = exchange  # asked anew at each step: its token may have been replaced
        self._job_limit_s = job_limit_s
        self._patience_s = patience_s
        self._cores = Cores(cores)

    def run(self, ticket: Ticket) -> Outcome:
        """Never raises."""
        claimed = ticket.claimed
        stages = Stages()
        result: Success | Failure
        try:
            result = self._steps(ticket, stages)
        except BaseException as error:  # a picture harms nothing but itself
            result = failure_of(error)
            level = logging.DEBUG if isinstance(error, _EXPECTED) else logging.ERROR
            log.log(
                level,
                "job failed",
                exc_info=level == logging.ERROR,
                extra=fields(job=claimed.job.id, attempt=claimed.attempt, kind=result.kind),
            )
        else:
            if log.isEnabledFor(logging.DEBUG):
                told = {stage: round(seconds, 6) for stage, seconds in stages.spent.items()}
                log.debug("filtered", extra=fields(job=claimed.job.id, attempt=claimed.attempt, **told))
        if self._traces.on:
            self._traces.tell(worked(claimed, stages.began, time.time(), stages.passed(), result))
        return Outcome(claimed.job.id, claimed.attempt, self._worker_id, result, stages.timings)

    def _steps(self, ticket: Ticket, stages: Stages) -> Success:
        claimed = ticket.claimed
        ticket.check()
        with stages.timed("fetch"):
            original = self._patiently(ticket, lambda: self._exchange().fetch(claimed))
        with self._cores.one(claimed.job.needs.memory_bytes):
            ticket.check()
            began = time.time()
            done = self._filter(ticket, original)
        stages.took(began, decode=done.decode, filter=done.filter, encode=done.encode)
        ticket.check()
        with stages.timed("deliver"):
            first, *more = self._deliver(ticket, done.pictures, stages.timings)
        return Success(first.key, first.facts, tuple(more), first.making)

    def _deliver(self, ticket: Ticket, pictures: Sequence[Picture], spent: Timings) -> list[Output]:
        """One after another; the last one may finish the job."""
        delivered: list[Output] = []
        begun = time.monotonic()
        for picture in pictures:
            ticket.check()
            last = picture is pictures[-1]
            so_far = replace(spent, deliver=time.monotonic() - begun)
            step = partial(self._deliver_one, ticket.claimed, picture, tuple(delivered), so_far, last=last)
            key = self._patiently(ticket, step)
            delivered.append(Output(picture.name, key, picture.facts, picture.making))
        return delivered

    def _deliver_one(
        self, claimed: ClaimedJob, picture: Picture, before: Sequence[Output], spent: Timings, *, last: bool
    ) -> str:
        return self._exchange().deliver(
            claimed,
            picture.data,
            picture.facts,
            picture.name,
            before,
            last=last,
            making=picture.making,
            timings=spent,
        )

    def _filter(self, ticket: Ticket, original: bytes) -> Filtered:
        job: QueuedJob = ticket.claimed.job
        if job.suspect:  # in a process that is ended in time: it never makes this one look stuck
            return filter_alone(
                original, job.pipeline, self._limits, job.needs.memory_bytes, self._job_limit_s, ticket.check
            )
        ticket.filtering_since = time.monotonic()
        try:
            return filter_here(original, job.pipeline, self._limits, ticket.check)
        finally:
            ticket.filtering_since = None

    def _patiently(self, ticket: Ticket, step: Callable[[], T]) -> T:
        return patiently(step, ticket.check, self._patience_s)
