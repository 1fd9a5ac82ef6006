"""A job queue and a register of workers in memory: the ports of the datastore, as quick as can be."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dpip.domain import ClaimedJob, Failure, JobState, Outcome, Placement, QueuedJob, Worker
from dpip.ports import Waiting
from dpip.priority import YOUNG, Ageing


@dataclass(slots=True)
class _Row:
    job: QueuedJob
    state: JobState = JobState.QUEUED
    attempt: int = 0
    deaths: int = 0
    worker_id: str = ""

    @property
    def current(self) -> QueuedJob:
        if self.attempt == self.job.attempt and self.deaths == self.job.deaths:
            return self.job
        return replace(self.job, attempt=self.attempt, deaths=self.deaths)


class MemoryQueue:
    """What the dispatcher needs of `dpip.ports.JobQueue`; leases never run out, nobody cancels,
    and all workloads are of one priority."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}
        self._queued: dict[str, dict[str, None]] = {}  # workload -> job ids, in order
        self._served: dict[str, int] = {}
        self._by_size: dict[str, list[tuple[float, str]]] = {}
        self._turn = 0
        self.finished = 0

    def add(self, job: QueuedJob) -> None:
        self._rows[job.id] = _Row(job)
        self._queued.setdefault(job.workload_id, {})[job.id] = None
        self._served.setdefault(job.workload_id, 0)
        heapq.heappush(self._by_size.setdefault(job.workload_id, []), (-job.needs.megapixels, job.id))

    def candidates(
        self, limit: int, per_workload: int, offered_tags: frozenset[str], ageing: Ageing = YOUNG
    ) -> tuple[QueuedJob, ...]:
        hungry = [
            iter(waiting)
            for workload, waiting in sorted(self._queued.items(), key=lambda item: self._served[item[0]])
            if waiting and offered_tags.issuperset(self._rows[next(iter(waiting))].job.needs.tags)
        ]
        found: list[QueuedJob] = []
        while hungry and len(found) < limit:
            still = []
            for turn in hungry:
                job_id = next(turn, None)
                if job_id is not None:
                    row = self._rows[job_id]
                    found.append(row.current)
                    still.append(turn)
            hungry = still
        return tuple(found[:limit])

    def largest(
        self, limit: int, offered_tags: frozenset[str], ageing: Ageing = YOUNG
    ) -> tuple[QueuedJob, ...]:
        found: list[QueuedJob] = []
        hungry = [
            workload
            for workload, waiting in self._queued.items()
            if waiting and offered_tags.issuperset(self._rows[next(iter(waiting))].job.needs.tags)
        ]
        for workload in hungry:
            heap, queued = self._by_size[workload], self._queued[workload]
            taken: list[tuple[float, str]] = []
            while heap and len(taken) < max(1, limit // len(hungry)):
                entry = heapq.heappop(heap)
                if entry[1] in queued and (not taken or taken[-1] != entry):
                    taken.append(entry)
                    row = self._rows[entry[1]]
                    found.append(row.current)
            for entry in taken:
                heapq.heappush(heap, entry)
        return tuple(found)

    def waiting(self) -> dict[str, Waiting]:
        return {
            workload: Waiting(
                len(waiting), sum(self._rows[job_id].job.needs.megapixels for job_id in waiting)
            )
            for workload, waiting in self._queued.items()
            if waiting
        }

    def claim(
        self,
        placements: Sequence[Placement],
        epoch: int,
        now: float,
        lease_until: float,
        known: Mapping[str, QueuedJob] | None = None,
    ) -> tuple[ClaimedJob, ...]:
        claimed = []
        self._turn += 1
        for placement in placements:
            row = self._rows[placement.job_id]
            if row.state is JobState.QUEUED:
                row.state, row.worker_id = JobState.RUNNING, placement.worker_id
                row.attempt += 1
                del self._queued[row.job.workload_id][row.job.id]
                self._served[row.job.workload_id] = self._turn
                claimed.append(ClaimedJob(row.job, placement.worker_id, row.attempt, lease_until))
        return tuple(claimed)

    def copy(self, copies: Sequence[ClaimedJob], epoch: int) -> set[str]:
        return {
            copy.job.id
            for copy in copies
            if self._rows[copy.job.id].state is JobState.RUNNING
            and self._rows[copy.job.id].attempt == copy.attempt
        }

    def renew(self, claimed: Sequence[tuple[str, int]], lease_until: float) -> None:
        """There are no leases here."""

    def finish(self, outcomes: Sequence[Outcome], now: float, max_attempts: int) -> tuple[bool, ...]:
        stands = []
        for outcome in outcomes:
            row = self._rows[outcome.job_id]
            current = row.state is JobState.RUNNING and row.attempt == outcome.attempt
            stands.append(current)
            if current and isinstance(outcome.result, Failure):
                self._requeue(row)
            elif current:
                row.state = JobState.DONE
                self.finished += 1
        return tuple(stands)

    def release(self, claimed: Sequence[tuple[str, int]], *, died: int, now: float) -> int:
        rows = [self._rows[job_id] for job_id, attempt in claimed if self._rows[job_id].attempt == attempt]
        running = [row for row in rows if row.state is JobState.RUNNING]
        for row in running:
            row.deaths += int(died)
            self._requeue(row)
        return len(running)

    def release_expired(self, now: float) -> int:
        return 0

    def release_before_epoch(self, epoch: int, now: float) -> int:
        return 0

    def cancelled_among(self, claimed: Sequence[tuple[str, int]]) -> set[str]:
        return set()

    def _requeue(self, row: _Row) -> None:
        row.state = JobState.QUEUED
        heapq.heappush(self._by_size[row.job.workload_id], (-row.job.needs.megapixels, row.job.id))
        self._queued[row.job.workload_id] = {row.job.id: None} | self._queued[row.job.workload_id]


class MemoryRegister:
    """What the dispatcher needs of `dpip.ports.WorkerRegister`."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = {worker.id: worker for worker in workers}
        self._list = tuple(workers)

    def put(self, worker: Worker) -> None:
        self._workers[worker.id] = worker
        self._list = tuple(self._workers.values())

    def workers(self, *, gone_since: float | None = None) -> tuple[Worker, ...]:
        return self._list
