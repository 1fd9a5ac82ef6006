"""The simulator itself, and what DPIP's placing must reach in it: the short form of `make simulate`."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.simulation import __main__ as command
from benchmarks.simulation.bound import lower_bound
from benchmarks.simulation.cluster import LATENCY_S, Cluster
from benchmarks.simulation.measures import Result, jain, run
from benchmarks.simulation.recipes import RECIPES
from benchmarks.simulation.rivals import LeastLoaded, Random, RayLike, RoundRobin
from benchmarks.simulation.scenario import (
    MAX_MEGAPIXELS,
    Episode,
    Node,
    Recipe,
    Scenario,
    Task,
    image_megapixels,
    make,
)
from benchmarks.simulation.through_dpip import ThroughDpip

RIVALS = (RayLike, LeastLoaded, RoundRobin, Random)
SHORT = [recipe for recipe in RECIPES if recipe.workers <= 16]
ON_AVERAGE, AT_WORST = 1.05, 1.15  # of the lower bound


def task(index: int, work: float, at: float = 0.0, tags: tuple[str, ...] = ()) -> Task:
    return Task(index, 0, at, 1.0, "grayscale", work, tags)


def scenario(nodes: list[Node], tasks: list[Task]) -> Scenario:
    return Scenario("made up", 1, tuple(nodes), tuple(tasks))


# --- the lower bound -----------------------------------------------------------------------------


def test_the_bound_is_the_work_over_the_capacity() -> None:
    nodes = [Node("a", 2, 1.0), Node("b", 1, 2.0)]
    assert lower_bound(scenario(nodes, [task(n, 1.0) for n in range(40)])) == pytest.approx(10.0)


def test_or_the_longest_job_on_the_fastest_worker() -> None:
    nodes = [Node("a", 2, 1.0), Node("b", 1, 2.0)]
    assert lower_bound(scenario(nodes, [task(0, 8.0)])) == pytest.approx(4.0)
    assert lower_bound(scenario(nodes, [task(0, 8.0, at=3.0)])) == pytest.approx(7.0)


def test_what_comes_late_and_who_is_away_is_thought_of() -> None:
    tasks = [task(n, 1.0) for n in range(4)] + [task(9, 1.0, at=20.0)]
    assert lower_bound(scenario([Node("a", 1, 1.0)], tasks)) == pytest.approx(21.0)
    dead = Node("a", 1, 1.0, (), (Episode(1.0, 6.0, 0.0),))
    assert lower_bound(scenario([dead], tasks[:4])) == pytest.approx(9.0)
    slow = Node("a", 1, 1.0, (), (Episode(1.0, 5.0, 0.25),))
    assert lower_bound(scenario([slow], tasks[:4])) == pytest.approx(7.0)


def test_jobs_with_a_tag_are_bound_by_who_offers_it() -> None:
    nodes = [Node("a", 9, 1.0), Node("b", 1, 1.0, ("gpu",))]
    tasks = [task(n, 1.0, tags=("gpu",)) for n in range(10)] + [task(99, 1.0)]
    assert lower_bound(scenario(nodes, tasks)) == pytest.approx(10.0)


# --- the cluster ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ThroughDpip, *RIVALS])
def test_one_job_takes_its_time_and_two_messages(kind: type) -> None:
    result = run(scenario([Node("a", 1, 2.0)], [task(0, 3.0)]), kind())
    assert result.makespan_s == pytest.approx(1.5 + 2 * LATENCY_S, abs=0.3)
    assert result.ratio >= 1.0


@pytest.mark.parametrize("kind", [ThroughDpip, *RIVALS])
def test_every_job_is_done_though_workers_slow_down_die_and_come_back(kind: type) -> None:
    recipe = Recipe("trouble", 5, 20, dying_share=0.4, slow_share=0.5, gpu_share=0.4, gpu_users=1)
    made = make(recipe, 7)
    assert any(episode.factor == 0 for node in made.nodes for episode in node.episodes)
    cluster = Cluster(made, kind())
    cluster.simulate()
    assert len(cluster.done_at) == len(made.tasks)
    assert max(cluster.done_at.values()) >= lower_bound(made)
    capacity = sum(node.cores for node in made.nodes) * cluster.now
    assert sum(cluster.busy_s()) <= capacity


def test_the_same_seed_gives_the_same_result_to_the_bit() -> None:
    recipe = replace(SHORT[0], workers=3, jobs_per_core=20)
    for kind in (ThroughDpip, *RIVALS):
        assert run(make(recipe, 3), kind()) == run(make(recipe, 3), kind())
    assert make(recipe, 3) != make(recipe, 4)


def test_sizes_have_a_heavy_tail() -> None:
    rng = random.Random(1)
    sizes = sorted(image_megapixels(rng) for _ in range(20_000))
    assert sizes[-1] == MAX_MEGAPIXELS
    median, mean = sizes[10_000], statistics.mean(sizes)
    assert mean > 1.5 * median
    assert sum(sizes[-1000:]) > 0.25 * sum(sizes), "a twentieth of the images is a quarter of the pixels"


def test_fairness_is_one_when_all_are_equal() -> None:
    assert jain([3.0, 3.0, 3.0]) == pytest.approx(1.0)
    assert jain([1.0, 0.0, 0.0]) == pytest.approx(1 / 3)


# --- what is to be reached -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def results() -> dict[str, list[Result]]:
    """All short scenarios, through DPIP and through the best of the others."""
    scenarios = [make(recipe, recipe.seeds[0]) for recipe in SHORT]
    kinds = (ThroughDpip, RayLike, RoundRobin)
    return {kind.name: [run(one, kind()) for one in scenarios] for kind in kinds}


def test_the_end_is_near_the_earliest_that_is_possible(results: dict[str, list[Result]]) -> None:
    ratios = {result.scenario: result.ratio for result in results[ThroughDpip.name]}
    assert all(ratio >= 1.0 for ratio in ratios.values()), "the bound is none"
    assert statistics.mean(ratios.values()) <= ON_AVERAGE, ratios
    assert max(ratios.values()) <= AT_WORST, ratios


def test_it_is_better_than_the_others_where_workers_are_unequal(results: dict[str, list[Result]]) -> None:
    for kind in (RayLike, RoundRobin):
        others = results[kind.name]
        pairs = zip(results[ThroughDpip.name], others, strict=True)
        better = [ours.makespan_s <= 1.02 * theirs.makespan_s for ours, theirs in pairs]
        assert all(better), kind.name
        assert statistics.mean(one.ratio for one in others) > AT_WORST


def test_small_users_are_served_between_large_ones(results: dict[str, list[Result]]) -> None:
    ours = statistics.mean(one.small_slowdown for one in results[ThroughDpip.name])
    in_order_of_arrival = statistics.mean(one.small_slowdown for one in results[RayLike.name])
    assert ours < in_order_of_arrival


def test_few_jobs_are_run_twice(results: dict[str, list[Result]]) -> None:
    calm = [one for one in results[ThroughDpip.name] if "die" not in one.scenario]
    assert sum(one.copies for one in calm) < 0.01 * sum(one.jobs for one in calm)


def test_the_command_writes_tables_and_a_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["simulation", SHORT[0].name, "--seeds", "1", "--out", str(tmp_path)])
    command.main()
    text = (tmp_path / "simulation.md").read_text()
    for kind in (ThroughDpip, *RIVALS):
        assert f"| {kind.name} |" in text
    assert (tmp_path / "simulation.svg").read_text().count("<circle") == 1 + len(RIVALS)
    assert "written to" in capsys.readouterr().out
