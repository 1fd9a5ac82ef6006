"""`python -m benchmarks.simulation`: all ways of placing over all scenarios, as tables and a plot."""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

from benchmarks.simulation import table
from benchmarks.simulation.cluster import Contestant
from benchmarks.simulation.measures import Result, run
from benchmarks.simulation.plot import svg
from benchmarks.simulation.recipes import RECIPES
from benchmarks.simulation.rivals import LeastLoaded, Random, RayLike, RoundRobin
from benchmarks.simulation.scenario import make
from benchmarks.simulation.through_dpip import ThroughDpip

OUT = Path(__file__).parent.parent / "out"
KINDS: tuple[type[Contestant], ...] = (ThroughDpip, RayLike, LeastLoaded, RoundRobin, Random)


def main() -> None:
    parser = argparse.ArgumentParser(description="Ways of placing jobs, simulated.")
    parser.add_argument("scenarios", nargs="*", help="parts of names of scenarios; none: all")
    parser.add_argument("--only-dpip", action="store_true", help="without the others")
    parser.add_argument("--seeds", type=int, nargs="*", help="instead of the scenarios' own")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for simulation.md and simulation.svg")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    results: list[Result] = []
    for recipe in RECIPES:
        if given.scenarios and not any(part in recipe.name for part in given.scenarios):
            continue
        for seed in given.seeds or recipe.seeds:
            scenario = make(recipe, seed)
            for kind in KINDS[:1] if given.only_dpip else KINDS:
                begun = time.perf_counter()
                result = run(scenario, kind())
                results.append(result)
                _tell(result, time.perf_counter() - begun)
    if results:
        _write(results, given.out)


def _tell(result: Result, took_s: float) -> None:
    print(
        f"{result.scenario:36} {result.seed} {result.jobs:>7,} {result.contestant:16} {result.ratio:7.3f}"
        f"  utilisation {result.utilisation:4.0%}  fairness {result.fairness:.2f}"
        f"  again {result.copies:4}  ({took_s:.1f} s)",
        flush=True,
    )


def _write(results: list[Result], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = f"{table.summary(results)}\n\n{table.by_scenario(results)}\n"
    (folder / "simulation.md").write_text(text)
    (folder / "simulation.svg").write_text(svg(results))
    print(f"\n{table.summary(results)}\n\nwritten to {folder}/simulation.md and simulation.svg")


if __name__ == "__main__":
    main()
