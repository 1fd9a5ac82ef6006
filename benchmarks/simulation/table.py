"""Results as Markdown tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from benchmarks.simulation.measures import Result

SUMMARY: tuple[tuple[str, str, Callable[[Sequence[Result]], float]], ...] = (
    ("makespan / bound, mean", ".3f", lambda found: statistics.mean(one.ratio for one in found)),
    ("worst", ".3f", lambda found: max(one.ratio for one in found)),
    ("utilisation", ".0%", lambda found: statistics.mean(one.utilisation for one in found)),
    ("fairness (Jain)", ".2f", lambda found: statistics.mean(one.fairness for one in found)),
    ("slowdown of small users", ".1f", lambda found: statistics.mean(one.small_slowdown for one in found)),
    ("mean wait, s", ".1f", lambda found: statistics.mean(one.waiting_mean_s for one in found)),
    ("p99 wait, s", ".1f", lambda found: statistics.mean(one.waiting_p99_s for one in found)),
    (
        "jobs run again",
        ".2%",
        lambda found: sum(one.copies for one in found) / sum(one.jobs for one in found),
    ),
)


def contestants(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(result.contestant for result in results))


def summary(results: Sequence[Result]) -> str:
    """One line per way of placing, over all scenarios."""
    heads = ["", *(name for name, _, _ in SUMMARY)]
    lines = []
    for contestant in contestants(results):
        found = [result for result in results if result.contestant == contestant]
        lines.append([contestant, *(format(measure(found), how) for _, how, measure in SUMMARY)])
    return "\n".join(_rows(heads, lines))


def by_scenario(results: Sequence[Result]) -> str:
    """The makespan over the lower bound, of each scenario and way of placing."""
    names = contestants(results)
    ratios = {(one.scenario, one.seed, one.contestant): one.ratio for one in results}
    heads = ["scenario", "seed", "jobs", "bound, s", *names]
    lines = []
    for one in results:
        if one.contestant == names[0]:
            cells = [one.scenario, str(one.seed), f"{one.jobs:,}", f"{one.makespan_s / one.ratio:.1f}"]
            lines.append([*cells, *(f"{ratios[one.scenario, one.seed, name]:.3f}" for name in names)])
    return "\n".join(_rows(heads, lines))


def _rows(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|---" + "|---:" * (len(heads) - 1) + "|"
    for cells in lines:
        yield "| " + " | ".join(cells) + " |"
