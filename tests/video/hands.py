"""Workers without Ray, for tests of videos: they filter frames in a thread, in an odd order."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from datastore import Datastore
from dpip.domain import ClaimedJob, Failure, Outcome, Placement, Success, Timings
from dpip.ports import ImageStore
from imaging import Limits
from storage.exchange import StoreExchange
from worker.filtering import filter_here

_AT_ONCE = 5
_LEASE_S = 1e9
_REST_S = 60.0
_POLL_S = 0.005


class Hands:
    """To be used as a context manager. `odd`: by a frame's number, what becomes of it instead."""

    def __init__(
        self, datastore: Datastore, store: ImageStore, odd: Mapping[int, str | Failure] | None = None
    ) -> None:
        self._datastore = datastore
        self._exchange = StoreExchange(store)
        self._odd = odd or {}
        self._over = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._resting = threading.Event()
        self.most_waiting = 0  # frames that were on their way at once
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._go.set()
        self._thread.join()

    def rest(self) -> None:
        """Have nothing in hand any more, and take nothing until `go`."""
        self._go.clear()
        assert self._resting.wait(_REST_S)

    def go(self) -> None:
        self._go.set()

    def _work(self) -> None:
        queue = self._datastore.queue
        epoch = self._datastore.leadership.take("hands", 0, _LEASE_S)
        assert epoch is not None
        while not self._over.is_set():
            if not self._go.is_set():
                self._resting.set()
                self._go.wait()
                self._resting.clear()
            jobs = queue.candidates(1000, 1000, frozenset())
            self.most_waiting = max(self.most_waiting, len(jobs))
            if not jobs:
                self._over.wait(_POLL_S)
                continue
            placements = [Placement(job.id, "hands", "they are there") for job in jobs[:_AT_ONCE]]
            claimed = queue.claim(placements, epoch, 0, _LEASE_S)
            queue.finish([self._outcome(one) for one in reversed(claimed)], 0, 5)

    def _outcome(self, claimed: ClaimedJob) -> Outcome:
        number = int(claimed.job.id.rpartition("-")[2])
        odd = self._odd.get(number)
        if isinstance(odd, Failure):
            return Outcome(claimed.job.id, claimed.attempt, claimed.worker_id, odd, Timings())
        data = self._exchange.fetch(claimed)
        [made] = filter_here(data, odd or claimed.job.pipeline, Limits()).pictures
        key = self._exchange.deliver(claimed, made.data, made.facts)
        result = Success(key, replace(made.facts))
        return Outcome(claimed.job.id, claimed.attempt, claimed.worker_id, result, Timings())
