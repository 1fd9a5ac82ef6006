"""Even shares between users, measured in seconds of work: many small pictures weigh as a few large ones.

Start-time fair queueing (Goyal, Vin and Cheng, 1996) over users instead of packets: each has a virtual time,
which goes on by the work that is placed for them, and who is furthest behind is next. Who had nothing to do
does not save up for later: they come back at the virtual time of those who are furthest behind now.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from dpip.domain import QueuedJob
from scheduler.cost import CostModel, kind_of

REMEMBERED = 10_000  # users; beyond, those who are not ahead of anybody are forgotten


class FairShares:
    def __init__(self, costs: CostModel) -> None:
        self._costs = costs
        self._virtual_s: dict[str, float] = {}  # by user
        self._now_s = 0.0  # virtual time of the one furthest behind

    def in_order(self, jobs: Iterable[QueuedJob]) -> tuple[QueuedJob, ...]:
        """Jobs of one user keep their order. Between equals, who came first in `jobs` goes first."""
        queues: dict[str, list[QueuedJob]] = {}
        for job in jobs:
            queues.setdefault(job.owner_id, []).append(job)
        if not queues:
            return ()
        begin = {owner: max(self._virtual_s.get(owner, 0.0), self._now_s) for owner in queues}
        self._now_s = min(begin.values())
        self._forget()
        self._virtual_s |= begin
        turns = [(begin[owner], rank, 0, queue) for rank, (owner, queue) in enumerate(queues.items())]
        heapq.heapify(turns)
        ordered = []
        while turns:
            virtual_s, rank, place, queue = turns[0]
            ordered.append(queue[place])
            if place + 1 < len(queue):
                heapq.heapreplace(turns, (virtual_s + self._work_s(queue[place]), rank, place + 1, queue))
            else:
                heapq.heappop(turns)
        return tuple(ordered)

    def placed(self, jobs: Iterable[QueuedJob]) -> None:
        """These were sent to workers: the time of their users goes on."""
        for job in jobs:
            before = max(self._virtual_s.get(job.owner_id, 0.0), self._now_s)
            self._virtual_s[job.owner_id] = before + self._work_s(job)

    def _work_s(self, job: QueuedJob) -> float:
        return self._costs.size(kind_of(job), job.needs.megapixels)

    def _forget(self) -> None:
        if len(self._virtual_s) > REMEMBERED:
            ahead = {owner: at for owner, at in self._virtual_s.items() if at > self._now_s}
            self._virtual_s = ahead
