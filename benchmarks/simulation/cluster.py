"""Workers in virtual time. Each runs what it was sent in order, one job per core; nothing sleeps."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.simulation.scenario import Node, Scenario, Task

LATENCY_S = 0.004  # one way between the scheduler and a worker
THINKS_EVERY_S = 0.002  # what happens within this time is acted on together
TICK_S = 0.25  # the scheduler looks up this often, even if nothing happens


@dataclass(slots=True, eq=False)
class Run:
    """A job on a worker."""

    task: Task
    node: int
    call: int
    left: float = 0.0  # work to do
    since: float = 0.0  # when `left` was right
    started_at: float = -1.0
    version: int = 0  # an end that was foreseen under another version does not come
    cancelled: bool = False


@dataclass(slots=True)
class _Worker:
    node: Node
    speed: float
    alive: bool = True
    running: list[Run] = field(default_factory=list)
    waiting: deque[Run] = field(default_factory=deque)
    busy_s: float = 0.0  # of cores


class Contestant(Protocol):
    """A way of placing jobs."""

    name: str

    def begin(self, cluster: Cluster, scenario: Scenario) -> None: ...
    def arrived(self, task: Task) -> None: ...
    def ended(self, run: Run, seconds: float) -> None: ...
    def down(self, node: int, lost: Sequence[Run]) -> None: ...
    def up(self, node: int) -> None: ...
    def act(self) -> None:
        """Called soon after any of the above, and now and then; sends what is to be sent."""


class Cluster:
    def __init__(self, scenario: Scenario, contestant: Contestant) -> None:
        self._scenario = scenario
        self._contestant = contestant
        self._numbers = itertools.count()
        self._events: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._workers = [_Worker(node, node.speed) for node in scenario.nodes]
        self._act_planned = False
        self.now = 0.0
        self.done_at: dict[int, float] = {}  # task -> when the scheduler had its first result
        self.started_at: dict[int, float] = {}
        self.runs = 0
        self.copies = 0

    def simulate(self) -> None:
        for index, node in enumerate(self._scenario.nodes):
            for episode in node.episodes:
                self._at(episode.begins_at, self._change, index, episode.factor)
                self._at(episode.ends_at, self._change, index, 1.0)
        for task in self._scenario.tasks:
            self._at(task.arrives_at, self._arrive, task)
        self._contestant.begin(self, self._scenario)
        self._at(TICK_S, self._tick)
        wanted = len(self._scenario.tasks)
        while len(self.done_at) < wanted:
            self.now, _, what, arguments = heapq.heappop(self._events)
            what(*arguments)

    def busy_s(self) -> list[float]:
        """Core-seconds that each worker has run jobs for."""
        return [
            worker.busy_s + sum(self.now - run.started_at for run in worker.running)
            for worker in self._workers
        ]

    # --- what contestants do -----------------------------------------------------------------------

    def alive(self, node: int) -> bool:
        return self._workers[node].alive

    def send(self, node: int, task: Task, call: int = 0) -> Run:
        run = Run(task, node, call, left=task.work)
        self.runs += 1
        self._at(self.now + LATENCY_S, self._receive, run)
        return run

    def cancel(self, run: Run) -> None:
        """What has begun runs to its end, what waits never begins; the outcome comes either way."""
        self._at(self.now + LATENCY_S, self._cancelled, run)

    # --- what happens ------------------------------------------------------------------------------

    def _at(self, at: float, what: Callable[..., None], *arguments: object) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), what, arguments))

    def _wake(self) -> None:
        if not self._act_planned:
            self._act_planned = True
            self._at(self.now + THINKS_EVERY_S, self._act)

    def _act(self) -> None:
        self._act_planned = False
        self._contestant.act()

    def _tick(self) -> None:
        self._contestant.act()
        self._at(self.now + TICK_S, self._tick)

    def _arrive(self, task: Task) -> None:
        self._contestant.arrived(task)
        self._wake()

    def _receive(self, run: Run) -> None:
        worker = self._workers[run.node]
        if not worker.alive:
            self._at(self.now + LATENCY_S, self._lost, run.node, [run])
        else:
            worker.waiting.append(run)
            self._fill(worker)

    def _fill(self, worker: _Worker) -> None:
        while worker.waiting and len(worker.running) < worker.node.cores:
            run = worker.waiting.popleft()
            if run.cancelled:
                self._at(self.now + LATENCY_S, self._tell_end, run, 0.0)
                continue
            run.started_at = run.since = self.now
            self.started_at.setdefault(run.task.index, self.now)
            worker.running.append(run)
            self._foresee(worker, run)

    def _foresee(self, worker: _Worker, run: Run) -> None:
        run.version += 1
        self._at(self.now + run.left / worker.speed, self._end, run, run.version)

    def _end(self, run: Run, version: int) -> None:
        if run.version != version:
            return
        worker = self._workers[run.node]
        worker.running.remove(run)
        seconds = self.now - run.started_at
        worker.busy_s += seconds
        self._fill(worker)
        self._at(self.now + LATENCY_S, self._tell_end, run, seconds)

    def _tell_end(self, run: Run, seconds: float) -> None:
        if seconds:
            self.done_at.setdefault(run.task.index, self.now)
        self._contestant.ended(run, seconds)
        self._wake()

    def _cancelled(self, run: Run) -> None:
        run.cancelled = True

    def _change(self, node: int, factor: float) -> None:
        worker = self._workers[node]
        if not factor:
            self._die(node, worker)
            return
        for run in worker.running:
            run.left -= (self.now - run.since) * worker.speed
            run.since = self.now
        worker.speed = worker.node.speed * factor
        for run in worker.running:
            self._foresee(worker, run)
        if not worker.alive:
            worker.alive = True
            self._contestant.up(node)
            self._wake()

    def _die(self, node: int, worker: _Worker) -> None:
        lost = worker.running + list(worker.waiting)
        for run in worker.running:
            run.version += 1
            worker.busy_s += self.now - run.started_at
        worker.running, worker.waiting, worker.alive = [], deque(), False
        self._at(self.now + LATENCY_S, self._lost, node, lost)

    def _lost(self, node: int, lost: list[Run]) -> None:
        self._contestant.down(node, lost)
        self._wake()
