from __future__ import annotations
import sys, time
from benchmarks.simulation.measures import run
from benchmarks.simulation.rivals import LeastLoaded, Random, RayLike, RoundRobin
from benchmarks.simulation.scenario import Recipe, make
from benchmarks.simulation.through_dpip import ThroughDpip
from benchmarks.simulation.recipes import RECIPES

only = sys.argv[1:]
for recipe in RECIPES:
    if only and not any(o in recipe.name for o in only if o != "-d"):
        continue
    for seed in recipe.seeds:
        scenario = make(recipe, seed)
        for kind in (
            (ThroughDpip,) if "-d" in only else (ThroughDpip, RoundRobin, Random, LeastLoaded, RayLike)
        ):
            t = time.perf_counter()
            r = run(scenario, kind())
            print(
                f"{recipe.name:34} {seed} n={len(scenario.tasks):6} {r.contestant:16} {r.makespan_s:8.2f} {r.ratio:6.3f} util {r.utilisation:.3f} jain {r.fairness:.3f} small {r.small_slowdown:6.2f} wait {r.waiting_mean_s:7.2f} p99 {r.waiting_p99_s:7.2f} copies {r.copies:5} ({time.perf_counter() - t:.1f}s)",
                flush=True,
            )
