"""No schedule can be faster than this."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.simulation.scenario import Node, Scenario, Task


def lower_bound(scenario: Scenario) -> float:
    """When the last job can be done at the earliest, in seconds: by capacity, or by the longest job.

    By capacity: all work that arrives from some time on must fit between then and the end, in what the
    living workers can do meanwhile; likewise the work that asks for a tag, in what its workers can do.
    """
    bounds = [_longest(scenario)]
    for tags in {task.tags for task in scenario.tasks} | {()}:
        nodes = [node for node in scenario.nodes if set(tags) <= set(node.tags)]
        tasks = [task for task in scenario.tasks if set(tags) <= set(task.tags)]
        bounds.append(_by_capacity(nodes, tasks))
    return max(bounds)


def _longest(scenario: Scenario) -> float:
    fastest: dict[tuple[str, ...], float] = {}
    for tags in {task.tags for task in scenario.tasks}:
        fastest[tags] = max(node.speed for node in scenario.nodes if set(tags) <= set(node.tags))
    return max(task.arrives_at + task.work / fastest[task.tags] for task in scenario.tasks)


def _by_capacity(nodes: Sequence[Node], tasks: Sequence[Task]) -> float:
    if not tasks:
        return 0.0
    done = _Capacity(nodes)
    latest, work = 0.0, 0.0
    for task in reversed(tasks):
        work += task.work
        latest = max(latest, done.time_of(done.by(task.arrives_at) + work))
    return latest


@dataclass(slots=True)
class _Piece:
    at: float
    done: float  # work that can be done by then
    rate: float  # from then on


class _Capacity:
    """The work that these workers can do by a time."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        nodes = tuple(nodes)
        changes: dict[float, float] = {0.0: sum(node.cores * node.speed for node in nodes)}
        for node in nodes:
            full = node.cores * node.speed
            for episode in node.episodes:
                lost = full * (1 - episode.factor)
                changes[episode.begins_at] = changes.get(episode.begins_at, 0.0) - lost
                changes[episode.ends_at] = changes.get(episode.ends_at, 0.0) + lost
        self._pieces: list[_Piece] = []
        at = done = rate = 0.0
        for change_at, change in sorted(changes.items()):
            done += rate * (change_at - at)
            at, rate = change_at, rate + change
            self._pieces.append(_Piece(at, done, rate))

    def by(self, at: float) -> float:
        piece = self._pieces[bisect_right(self._pieces, at, key=lambda piece: piece.at) - 1]
        return piece.done + piece.rate * (at - piece.at)

    def time_of(self, done: float) -> float:
        piece = self._pieces[bisect_right(self._pieces, done, key=lambda piece: piece.done) - 1]
        return piece.at + (done - piece.done) / max(piece.rate, 1e-9)
