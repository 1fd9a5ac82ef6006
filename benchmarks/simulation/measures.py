"""What a simulated run is judged by."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.simulation.bound import lower_bound
from benchmarks.simulation.cluster import Cluster, Contestant
from benchmarks.simulation.scenario import Scenario, Task


@dataclass(frozen=True, slots=True)
class Result:
    scenario: str
    seed: int
    contestant: str
    makespan_s: float
    ratio: float  # of the makespan to the lower bound
    utilisation: float  # of the cores' time until the end
    fairness: float  # Jain's index over the users' slowdowns: 1 is perfectly even
    small_slowdown: float  # of the users with the least work: how much longer than alone
    waiting_mean_s: float  # from arrival to the first core
    waiting_p99_s: float
    copies: int  # runs beyond one for each job: of those that died, and second copies
    jobs: int


def run(scenario: Scenario, contestant: Contestant) -> Result:
    cluster = Cluster(scenario, contestant)
    cluster.simulate()
    makespan = max(cluster.done_at.values())
    cores = sum(
        node.cores
        * (makespan - sum(_overlap(e.begins_at, e.ends_at, makespan) for e in node.episodes if not e.factor))
        for node in scenario.nodes
    )
    waiting = sorted(cluster.started_at[task.index] - task.arrives_at for task in scenario.tasks)
    slowdowns = _slowdowns(scenario, cluster)
    return Result(
        scenario.name,
        scenario.seed,
        contestant.name,
        makespan,
        makespan / lower_bound(scenario),
        sum(cluster.busy_s()) / cores,
        jain([slowdown for _, slowdown in slowdowns]),
        statistics.mean(slowdown for _, slowdown in slowdowns[: max(1, len(slowdowns) // 4)]),
        statistics.mean(waiting),
        waiting[min(len(waiting) - 1, int(0.99 * len(waiting)))],
        cluster.runs - len(scenario.tasks),
        len(scenario.tasks),
    )


def jain(values: Sequence[float]) -> float:
    """(sum x)^2 / (n sum x^2): 1 when all are equal, 1/n when one has it all."""
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


def _overlap(begins: float, ends: float, until: float) -> float:
    return max(0.0, min(ends, until) - min(begins, until))


def _slowdowns(scenario: Scenario, cluster: Cluster) -> list[tuple[float, float]]:
    """(work, slowdown against having the whole cluster alone) of each user, the least work first."""
    of_user: dict[int, list[Task]] = defaultdict(list)
    for task in scenario.tasks:
        of_user[task.user].append(task)
    found = []
    for tasks in of_user.values():
        begun = min(task.arrives_at for task in tasks)
        took = max(cluster.done_at[task.index] for task in tasks) - begun
        alone = lower_bound(Scenario("", 0, scenario.nodes, tuple(tasks))) - begun
        found.append((sum(task.work for task in tasks), took / max(alone, 0.02)))
    return sorted(found)
