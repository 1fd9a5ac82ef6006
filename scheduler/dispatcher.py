"""The scheduler's loop: outcomes into the datastore, queued jobs onto workers. One thread owns all state.

Everything that happens elsewhere (hints from the bus, outcomes from workers, the clock) is an item in
one inbox; under load the inbox fills while the loop works, and is emptied in batches.
"""

from __future__ import annotations

import logging
import queue
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto

from dpip.domain import Failure, Outcome, Success
from dpip.errors import NotReady
from dpip.ids import workload_of
from dpip.journey import committed
from dpip.logs import fields
from dpip.ports import NO_TRACES, Clock, JobQueue, Traces, WorkerRegister
from scheduler.calls import Calls
from scheduler.cost import CostModel, kind_of
from scheduler.fleet import Fleet
from scheduler.gateway import CallEnded, CallOutcomes, Ending, Event, Gateway
from scheduler.pace import Pace
from scheduler.placing import DispatchLimits, Placer
from scheduler.policy import ROUND_MAX
from scheduler.seat import Flight

log = logging.getLogger(__name__)

WORKERS_REFRESH_S = 1.0
IDLE_REFRESH_S = 3.0  # while there is nothing to place
CANCEL_CHECK_S = 5.0  # a lost "cancelled" hint is made good for after this long
COPY_CHECK_S = 0.1  # how often jobs that run late are looked for while cores are idle


class Hint(Enum):
    """What the bus may tell the dispatcher; each may be lost."""

    WORK = auto()
    WORKERS = auto()
    CANCELLED = auto()
    WAKE = auto()


Item = Hint | Event


class Dispatcher:
    def __init__(
        self,
        jobs: JobQueue,
        register: WorkerRegister,
        gateway: Gateway,
        epoch: int,
        limits: DispatchLimits,
        clock: Clock = time.time,
        on_progress: Callable[[str], None] = lambda _workload_id: None,
        pace: Pace | None = None,
        traces: Traces = NO_TRACES,
    ) -> None:
        """Without a `pace`, each step begins as soon as there is something to act on."""
        self._jobs = jobs
        self._on_progress = on_progress
        self._register = register
        self._gateway = gateway
        self._epoch = epoch
        self._limits = limits
        self._clock = clock
        self._pace = pace
        self._fleet = Fleet()
        self._costs = CostModel()
        self._calls = Calls()
        self._traces = traces
        self._placer = Placer(jobs, gateway, self._fleet, self._costs, self._calls, epoch, limits, traces)
        self._inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._placing = True
        self._workers_at = self._renewed_at = self._cancel_checked_at = self._polled_at = float("-inf")
        self._deaths: dict[tuple[str, int], int] = {}  # attempt -> workers that died while a copy went on

    @property
    def in_flight(self) -> int:
        """How many attempts are waited for."""
        return len(self._fleet.in_flight())

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
        items = self._receive(self._pause_s() if timeout_s is None else timeout_s)
        if self._pace is not None:
            self._pace.stepped(sum(len(one.outcomes) for one in _outcomes_in(items)), time.monotonic())
        try:
            self._act(items, self._clock())
        except NotReady:
            self._placer.tell_news()
            for item in items:
                self._inbox.put(item)
            raise

    def _pause_s(self) -> float:
        return min(self._limits.poll_s, COPY_CHECK_S) if self._placer.may_copy else self._limits.poll_s

    def _act(self, items: list[Item], now: float) -> None:
        self._take_outcomes(items, now)
        idle = self._placer.idle and Hint.WORK not in items
        if Hint.WORKERS in items or now - self._workers_at >= (IDLE_REFRESH_S if idle else WORKERS_REFRESH_S):
            self._refresh_workers(now)
        if Hint.CANCELLED in items or now - self._cancel_checked_at >= CANCEL_CHECK_S:
            self._drop_cancelled(now)
        if now - self._renewed_at >= self._limits.lease_s / 3:
            self._tend_leases(now)
        if Hint.WORK in items or now - self._polled_at >= self._limits.poll_s:
            self._polled_at = now
            self._placer.tell_news()
        if self._placing:
            self._placer.place(now)

    def _receive(self, timeout_s: float) -> list[Item]:
        items: list[Item] = []
        try:
            items.append(self._inbox.get(timeout=timeout_s))
            if self._pace is not None:
                time.sleep(self._pace.wait_s(len(self._fleet), time.monotonic()))
            while True:
                items.append(self._inbox.get_nowait())
        except queue.Empty:
            return items

    # --- results ---------------------------------------------------------------------------------

    def _take_outcomes(self, items: list[Item], now: float) -> None:
        outcomes = [outcome for item in _outcomes_in(items) for outcome in item.outcomes]
        for start in range(0, len(outcomes), ROUND_MAX):
            self._commit(outcomes[start : start + ROUND_MAX], now)
        for item in items:
            if isinstance(item, CallEnded):
                self._end_call(item, now)

    def _commit(self, outcomes: list[Outcome], now: float) -> None:
        flights = [self._fleet.flight(one.job_id, one.attempt, one.worker_id) for one in outcomes]
        telling = [
            outcome
            for outcome, flight in zip(outcomes, flights, strict=True)
            if not self._another_goes_on(flight, outcome)
        ]
        if telling:
            began = time.time()
            stand = self._jobs.finish(telling, now, self._limits.max_attempts)
            self._trace(telling, stand, began)
            if log.isEnabledFor(logging.DEBUG):
                for outcome, stands in zip(telling, stand, strict=True):
                    about = fields(job=outcome.job_id, attempt=outcome.attempt, stands=stands)
                    log.debug("committed", extra=about)
            for workload_id in {workload_of(outcome.job_id) for outcome in telling}:
                self._on_progress(workload_id)
        told = set(map(id, telling))
        for outcome, flight in zip(outcomes, flights, strict=True):
            if flight is not None:
                if isinstance(outcome.result, Success):
                    self._learn(flight, outcome)
                if id(outcome) in told:
                    self._call_off_sibling(flight)
                self._fleet.landed(flight, now)
            if isinstance(outcome.result, Failure):
                self._failed(outcome, outcome.result)

    def _trace(self, outcomes: Iterable[Outcome], stand: Iterable[bool], began: float) -> None:
        """Of a late outcome nothing is known any more but that it is refused."""
        if not self._traces.on:
            return
        ended = time.time()
        for outcome, stands in zip(outcomes, stand, strict=True):
            flight = self._fleet.flight(outcome.job_id, outcome.attempt, outcome.worker_id)
            if flight is not None:
                self._traces.tell([committed(flight.claimed, began, ended, stands=stands)])

    def _another_goes_on(self, flight: Flight | None, outcome: Outcome) -> bool:
        """True when this outcome says nothing of its job: another flight was first, or may do better."""
        if flight is not None and flight.lost:
            return True
        passing = isinstance(outcome.result, Failure) and outcome.result.retryable
        return passing and self._fleet.awaits(outcome.job_id, outcome.attempt, but=outcome.worker_id)

    def _learn(self, flight: Flight, outcome: Outcome) -> None:
        job = flight.claimed.job
        self._costs.learn(outcome.worker_id, kind_of(job), job.needs.megapixels, outcome.timings.total)

    def _call_off_sibling(self, flight: Flight) -> None:
        """The job has its outcome: its other flight is lost, but holds a core until it lands."""
        self._deaths.pop(flight.attempt, None)
        sibling = self._fleet.sibling(flight)
        if sibling is not None:
            sibling.lost = True
            worker = self._fleet.worker(sibling.claimed.worker_id)
            if worker is not None:
                self._gateway.cancel(worker, [sibling.attempt])

    def _failed(self, outcome: Outcome, failure: Failure) -> None:
        if failure.retryable:
            self._placer.tell_news()
        log.info("job failed", extra=fields(job=outcome.job_id, attempt=outcome.attempt, kind=failure.kind))

    def _end_call(self, end: CallEnded, now: float) -> None:
        call = self._calls.get(end.call)
        if call is None:
            return
        if end.ending in {Ending.DIED, Ending.ABSENT}:
            self._fleet.actor_died(call.worker_id, call.incarnation)
        flights = [self._fleet.flight(*attempt, call.worker_id) for attempt in call.jobs]
        unanswered = [flight for flight in flights if flight is not None]
        if unanswered:
            log.warning(
                "call ended with jobs unanswered",
                extra=fields(
                    worker=call.worker_id, ending=end.ending, jobs=len(unanswered), detail=end.detail
                ),
            )
            self._give_back(unanswered, died=end.ending is Ending.DIED, now=now)
        self._calls.end(end.call)

    def _give_back(self, flights: list[Flight], *, died: bool, now: float) -> None:
        """These will not end. Their jobs go back to the queue, but for those that run elsewhere, too."""
        together: dict[tuple[str, int], list[Flight]] = defaultdict(list)
        for flight in flights:
            if not flight.lost:
                together[flight.attempt].append(flight)
        deaths = {
            attempt: self._deaths.get(attempt, 0) + died * len(group) for attempt, group in together.items()
        }
        over = [attempt for attempt, group in together.items() if not self._goes_on(group)]
        by_deaths: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for attempt in over:
            by_deaths[deaths[attempt]].append(attempt)
        for count, attempts in by_deaths.items():
            self._jobs.release(attempts, died=count, now=now)
        for flight in flights:
            self._fleet.landed(flight, now)
            self._log("given back", flight)
        self._deaths |= deaths
        for attempt in over:
            del self._deaths[attempt]
        self._placer.tell_news()

    @staticmethod
    def _log(what: str, flight: Flight) -> None:
        if log.isEnabledFor(logging.DEBUG):
            job, attempt = flight.attempt
            log.debug(what, extra=fields(job=job, attempt=attempt, worker=flight.claimed.worker_id))

    def _goes_on(self, flights: list[Flight]) -> bool:
        """Whether there is a flight of the same attempt beside these."""
        return any(self._fleet.sibling(flight) not in {None, *flights} for flight in flights)

    # --- workers and leases ----------------------------------------------------------------------

    def _refresh_workers(self, now: float) -> None:
        stranded = self._fleet.update(self._register.workers(), now)
        self._workers_at = now
        if stranded:
            log.warning("workers went away with jobs", extra=fields(jobs=len(stranded)))
            self._give_back(stranded, died=True, now=now)

    def _drop_cancelled(self, now: float) -> None:
        self._cancel_checked_at = now
        gone = self._jobs.cancelled_among(self._fleet.in_flight())
        by_worker: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for flight in self._fleet.flights() if gone else ():
            if flight.claimed.job.id in gone and not flight.lost:
                flight.lost = True
                self._log("called off", flight)
                by_worker[flight.claimed.worker_id].append(flight.attempt)
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


def _outcomes_in(items: Iterable[Item]) -> Iterator[CallOutcomes]:
    return (item for item in items if isinstance(item, CallOutcomes))
