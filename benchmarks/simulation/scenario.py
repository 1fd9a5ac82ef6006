"""What is simulated: a cluster of unequal workers with their troubles, and users with their archives."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

MAX_MEGAPIXELS = 200.0
FIXED_WORK_S = 0.002  # what the smallest job costs on a core of speed 1
PIPELINES = {"grayscale": 0.02, "blur:sigma=3": 0.035, "median:size=5": 0.12}  # seconds per megapixel


@dataclass(frozen=True, slots=True)
class Episode:
    """From `begins_at` to `ends_at` a worker runs at `factor` of its speed; 0: it is dead."""

    begins_at: float
    ends_at: float
    factor: float


@dataclass(frozen=True, slots=True)
class Node:
    """A worker. `speed` is that of a core: 1 does a second of work in a second."""

    name: str
    cores: int
    speed: float
    tags: tuple[str, ...] = ()
    episodes: tuple[Episode, ...] = ()  # in order, not overlapping

    def speed_at(self, at: float) -> float:
        for episode in self.episodes:
            if episode.begins_at <= at < episode.ends_at:
                return self.speed * episode.factor
        return self.speed


@dataclass(frozen=True, slots=True)
class Task:
    """A job. `work` is what it truly costs, in seconds on a core of speed 1; nobody knows it beforehand."""

    index: int
    user: int
    arrives_at: float
    megapixels: float
    pipeline: str
    work: float
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    seed: int
    nodes: tuple[Node, ...]
    tasks: tuple[Task, ...]  # in order of arrival

    @property
    def cores(self) -> int:
        return sum(node.cores for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Recipe:
    """From which a scenario is made; the same recipe makes the same scenario."""

    name: str
    workers: int
    jobs_per_core: int
    users: int = 4
    spread: float = 8.0  # the fastest worker's speed over the slowest one's
    over_time: float = 0.0  # arrivals are spread over this part of the time that the work takes; 0: at once
    slow_share: float = 0.0  # of the workers are slowed to a quarter now and then
    dying_share: float = 0.0  # of the workers die once and come back
    gpu_share: float = 0.0  # of the workers offer "gpu"
    gpu_users: int = 0  # so many users ask for it
    max_cores: int = 8
    small_user: bool = False  # the last user comes late with a twentieth of the others' images
    seeds: tuple[int, ...] = field(default=(1, 2))


def make(recipe: Recipe, seed: int) -> Scenario:
    rng = random.Random(f"{recipe.name} {seed}")
    nodes = [_node(recipe, index, rng) for index in range(recipe.workers)]
    count = recipe.jobs_per_core * sum(node.cores for node in nodes)
    tasks = _tasks(recipe, count, rng)
    capacity = sum(node.cores * node.speed for node in nodes)
    lasts_s = sum(task.work for task in tasks) / capacity
    nodes = [_troubled(recipe, node, lasts_s, rng) for node in nodes]
    if recipe.over_time or recipe.small_user:
        tasks = _spread(recipe, tasks, lasts_s, rng)
    return Scenario(recipe.name, seed, tuple(nodes), tuple(tasks))


def image_megapixels(rng: random.Random) -> float:
    """As in people's archives: thumbnails and screenshots, camera pictures, and a few enormous ones."""
    kind = rng.random()
    if kind < 0.55:
        megapixels = rng.lognormvariate(math.log(1.5), 1.0)
    elif kind < 0.96:
        megapixels = rng.choice((8.0, 12.0, 12.0, 16.0, 24.0)) * rng.lognormvariate(0.0, 0.1)
    else:
        megapixels = 24.0 * rng.paretovariate(1.6)
    return min(MAX_MEGAPIXELS, max(0.01, megapixels))


def _node(recipe: Recipe, index: int, rng: random.Random) -> Node:
    low = recipe.spread**-0.5
    if recipe.workers > 1:  # both ends are always there
        speed = {0: low, 1: 1 / low}.get(index, low * recipe.spread ** rng.random())
    else:
        speed = 1.0
    cores = rng.choice([cores for cores in (1, 2, 4, 8, 16) if cores <= recipe.max_cores])
    tags = ("gpu",) if index < recipe.gpu_share * recipe.workers else ()
    return Node(f"worker-{index:04d}", cores, speed, tags)


def _tasks(recipe: Recipe, count: int, rng: random.Random) -> list[Task]:
    shares = [rng.paretovariate(1.2) for _ in range(recipe.users)]
    pipelines = [rng.choice(list(PIPELINES)) for _ in range(recipe.users)]
    if recipe.small_user:
        shares[-1] = sum(shares[:-1]) / 20
    owners = [
        user for user, share in enumerate(shares) for _ in range(max(1, round(count * share / sum(shares))))
    ]
    tasks = []
    for index, user in enumerate(owners):
        megapixels = image_megapixels(rng)
        content = rng.lognormvariate(0.0, 0.15)
        work = (FIXED_WORK_S + PIPELINES[pipelines[user]] * megapixels) * content
        tags = ("gpu",) if user < recipe.gpu_users else ()
        tasks.append(Task(index, user, 0.0, megapixels, pipelines[user], work, tags))
    return tasks


def _spread(recipe: Recipe, tasks: list[Task], lasts_s: float, rng: random.Random) -> list[Task]:
    """Each user begins at some time and uploads steadily from there."""
    begins = [rng.random() * recipe.over_time * lasts_s / 2 for _ in range(recipe.users)]
    if recipe.small_user:
        begins[-1] = 0.3 * lasts_s
    counts = [sum(task.user == user for task in tasks) for user in range(recipe.users)]
    seen = [0] * recipe.users
    spread = []
    for task in tasks:
        user = task.user
        at = begins[user] + recipe.over_time * lasts_s / 2 * seen[user] / counts[user]
        seen[user] += 1
        spread.append((at, task))
    return [
        Task(index, t.user, at, t.megapixels, t.pipeline, t.work, t.tags)
        for index, (at, t) in enumerate(sorted(spread, key=lambda pair: pair[0]))
    ]


def _troubled(recipe: Recipe, node: Node, lasts_s: float, rng: random.Random) -> Node:
    if rng.random() < recipe.dying_share:
        begins = rng.random() * lasts_s
        episodes = [Episode(begins, begins + 0.2 * lasts_s, 0.0)]
    elif rng.random() < recipe.slow_share:
        episodes = []
        at = rng.random() * lasts_s / 2
        while at < 2 * lasts_s:
            ends = at + lasts_s * rng.uniform(0.05, 0.2)
            episodes.append(Episode(at, ends, 0.25))
            at = ends + lasts_s * rng.uniform(0.2, 0.6)
    else:
        return node
    return Node(node.name, node.cores, node.speed, node.tags, tuple(episodes))
