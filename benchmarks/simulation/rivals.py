"""Other ways of placing jobs, as they are usually done."""

from __future__ import annotations

import heapq
import itertools
import random
from bisect import insort
from collections import deque
from collections.abc import Sequence

from benchmarks.simulation.cluster import Cluster, Run
from benchmarks.simulation.scenario import Scenario, Task


class _Pushing:
    """Each job goes to some worker's own queue as soon as it arrives."""

    name = "?"

    def begin(self, cluster: Cluster, scenario: Scenario) -> None:
        self._cluster = cluster
        self._nodes = scenario.nodes
        self._rng = random.Random(scenario.seed)
        self._homeless: list[Task] = []

    def arrived(self, task: Task) -> None:
        self._push(task)

    def ended(self, run: Run, seconds: float) -> None:
        """Nothing follows from it."""

    def down(self, node: int, lost: Sequence[Run]) -> None:
        for run in lost:
            self._push(run.task)

    def up(self, node: int) -> None:
        again, self._homeless = self._homeless, []
        for task in again:
            self._push(task)

    def act(self) -> None:
        """All was done at once."""

    def _push(self, task: Task) -> None:
        node = self._choose(task)
        if node is None:
            self._homeless.append(task)
        else:
            self._cluster.send(node, task)

    def _suits(self, node: int, task: Task) -> bool:
        return self._cluster.alive(node) and set(task.tags) <= set(self._nodes[node].tags)

    def _choose(self, task: Task) -> int | None:
        raise NotImplementedError


class RoundRobin(_Pushing):
    """In turn; a worker's turn comes once per core."""

    name = "round robin"

    def begin(self, cluster: Cluster, scenario: Scenario) -> None:
        super().begin(cluster, scenario)
        turns = max(node.cores for node in scenario.nodes)
        self._turns = itertools.cycle(
            [i for turn in range(turns) for i, node in enumerate(scenario.nodes) if turn < node.cores]
        )
        self._length = sum(node.cores for node in scenario.nodes)

    def _choose(self, task: Task) -> int | None:
        for node in itertools.islice(self._turns, self._length):
            if self._suits(node, task):
                return node
        return None


class Random(_Pushing):
    """Anywhere, with a chance for each core."""

    name = "random"

    def begin(self, cluster: Cluster, scenario: Scenario) -> None:
        super().begin(cluster, scenario)
        self._slots = [i for i, node in enumerate(scenario.nodes) for _ in range(node.cores)]

    def _choose(self, task: Task) -> int | None:
        for _ in range(20):
            node = self._rng.choice(self._slots)
            if self._suits(node, task):
                return node
        return next((node for node in self._slots if self._suits(node, task)), None)


class LeastLoaded(_Pushing):
    """Where the fewest jobs per core are, running and waiting."""

    name = "least loaded"

    def begin(self, cluster: Cluster, scenario: Scenario) -> None:
        super().begin(cluster, scenario)
        self._loads = [0] * len(scenario.nodes)
        self._heaps: dict[tuple[str, ...], list[tuple[float, int]]] = {}

    def ended(self, run: Run, seconds: float) -> None:
        self._count(run.node, -1)

    def down(self, node: int, lost: Sequence[Run]) -> None:
        for run in lost:
            self._count(run.node, -1)
        super().down(node, lost)

    def up(self, node: int) -> None:
        self._count(node, 0)
        super().up(node)

    def _count(self, node: int, more: int) -> None:
        self._loads[node] += more
        for tags, heap in self._heaps.items():
            if set(tags) <= set(self._nodes[node].tags):
                heapq.heappush(heap, (self._load(node), node))

    def _load(self, node: int) -> float:
        return self._loads[node] / self._nodes[node].cores

    def _choose(self, task: Task) -> int | None:
        if task.tags not in self._heaps:
            suiting = [i for i, node in enumerate(self._nodes) if set(task.tags) <= set(node.tags)]
            self._heaps[task.tags] = [(self._load(node), node) for node in suiting]
            heapq.heapify(self._heaps[task.tags])
        heap = self._heaps[task.tags]
        while heap:
            load, node = heapq.heappop(heap)
            if load == self._load(node) and self._cluster.alive(node):
                self._count(node, 1)
                return node
        return None


class RayLike:
    """Ray's own: a job takes one of a node's CPU slots, in order of arrival; the nodes that are used to
    less than half count as equal (pack), else the least used comes first (spread), and one of the best
    fifth is drawn."""

    name = "Ray's placement"
    _THRESHOLD = 0.5
    _TOP_SHARE = 0.2

    def begin(self, cluster: Cluster, scenario: Scenario) -> None:
        self._cluster = cluster
        self._nodes = scenario.nodes
        self._rng = random.Random(scenario.seed)
        self._queues: dict[tuple[str, ...], deque[Task]] = {}
        self._used = [0] * len(scenario.nodes)
        self._free = set(range(len(scenario.nodes)))

    def arrived(self, task: Task) -> None:
        self._queues.setdefault(task.tags, deque()).append(task)

    def ended(self, run: Run, seconds: float) -> None:
        self._used[run.node] -= 1
        if self._cluster.alive(run.node):
            self._free.add(run.node)

    def down(self, node: int, lost: Sequence[Run]) -> None:
        self._free.discard(node)
        for run in lost:
            self._used[run.node] -= 1
            self._queues[run.task.tags].appendleft(run.task)

    def up(self, node: int) -> None:
        self._free.add(node)

    def act(self) -> None:
        for tags, queue in self._queues.items():
            if not queue:
                continue
            wanted = set(tags)
            suiting = (i for i in self._free if wanted <= set(self._nodes[i].tags))
            ranked = sorted((self._score(node), node) for node in suiting)
            while queue and ranked:
                _, node = ranked.pop(self._rng.randrange(max(1, int(len(ranked) * self._TOP_SHARE))))
                self._cluster.send(node, queue.popleft())
                self._used[node] += 1
                if self._used[node] < self._nodes[node].cores:
                    insort(ranked, (self._score(node), node))
                else:
                    self._free.discard(node)

    def _score(self, node: int) -> float:
        used = self._used[node] / self._nodes[node].cores
        return 0.0 if used < self._THRESHOLD else used
