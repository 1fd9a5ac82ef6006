"""`python -m benchmarks.simulation [-d] [WORDS]`: scenarios, and how each way of placing does in them.

`-d` runs DPIP's policy alone; words choose the scenarios whose names hold one of them.
"""

from __future__ import annotations

import sys
import time

from benchmarks.simulation.measures import run
from benchmarks.simulation.recipes import RECIPES
from benchmarks.simulation.rivals import LeastLoaded, Random, RayLike, RoundRobin
from benchmarks.simulation.scenario import make
from benchmarks.simulation.through_dpip import ThroughDpip


def main(words: list[str]) -> None:
    alone = "-d" in words
    wanted = [word for word in words if word != "-d"]
    contestants = (ThroughDpip,) if alone else (ThroughDpip, RoundRobin, Random, LeastLoaded, RayLike)
    for recipe in RECIPES:
        if wanted and not any(word in recipe.name for word in wanted):
            continue
        for seed in recipe.seeds:
            scenario = make(recipe, seed)
            for contestant in contestants:
                begun = time.perf_counter()
                result = run(scenario, contestant())
                print(
                    f"{recipe.name:34} {seed} n={len(scenario.tasks):6} {result.contestant:16} "
                    f"{result.makespan_s:8.2f} s, {result.ratio:6.3f} of the bound, "
                    f"utilisation {result.utilisation:.3f}, fairness {result.fairness:.3f}, "
                    f"small {result.small_slowdown:6.2f}, wait {result.waiting_mean_s:7.2f} s, "
                    f"p99 {result.waiting_p99_s:7.2f} s, copies {result.copies:5} "
                    f"({time.perf_counter() - begun:.1f} s)",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1:])
