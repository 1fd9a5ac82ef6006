"""What wakes streams of events: hints of the bus, each to those whom it concerns.

A hint says where to look, and may be lost, so who waits looks now and then without one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Subscription:
    """Wakes for news of one workload; of all, where it names none."""

    def __init__(self, workload_id: str | None) -> None:
        self.workload_id = workload_id
        self._news = threading.Event()

    def concerned_by(self, workload_id: str | None) -> bool:
        return None in {workload_id, self.workload_id} or workload_id == self.workload_id

    def tell(self) -> None:
        self._news.set()

    def wait(self, timeout_s: float) -> bool:
        """True when there was news since the last time."""
        told = self._news.wait(timeout_s)
        self._news.clear()
        return told


class News:
    """Hands hints on to subscriptions. `stopping` says when this process ends: streams end then, too."""

    def __init__(self, stopping: Callable[[], bool] = lambda: False) -> None:
        self.stopping = stopping
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()

    @contextmanager
    def subscribed(self, workload_id: str | None) -> Iterator[Subscription]:
        made = Subscription(workload_id)
        with self._lock:
            self._subscriptions.add(made)
        try:
            yield made
        finally:
            with self._lock:
                self._subscriptions.discard(made)

    def tell(self, workload_id: str | None) -> None:
        """Something is new of this workload; None: look everywhere."""
        with self._lock:
            concerned = [one for one in self._subscriptions if one.concerned_by(workload_id)]
        for one in concerned:
            one.tell()

    @property
    def open(self) -> int:
        return len(self._subscriptions)
