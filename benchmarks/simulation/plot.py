"""A plot of all results: each scenario a dot, each way of placing a row."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.simulation.measures import Result
from benchmarks.simulation.table import contestants

WIDTH, ROW, LEFT, TOP = 760, 44, 130, 34
TICKS = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
RADIUS = 4


def svg(results: Sequence[Result]) -> str:
    names = contestants(results)
    height = TOP + ROW * len(names) + 30
    frame = f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12"'
    title = "makespan over its lower bound; a dot for each scenario, a line for the mean"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            f'<text x="{LEFT}" y="16">{title}</text>',
            *_axis(results, len(names)),
            *(part for row, name in enumerate(names) for part in _row(results, name, row)),
            "</svg>\n",
        ]
    )


def _axis(results: Sequence[Result], rows: int) -> Iterator[str]:
    bottom = TOP + ROW * rows
    for tick in TICKS:
        x = _x(tick, results)
        if x <= WIDTH:
            yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>'
            yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>'


def _row(results: Sequence[Result], name: str, row: int) -> Iterator[str]:
    middle = TOP + ROW * (row + 0.5)
    ratios = [result.ratio for result in results if result.contestant == name]
    yield f'<text x="{LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>'
    for number, ratio in enumerate(ratios):
        y = middle + ((number * 7) % 11 - 5) * 1.6  # apart, so that they can be told apart
        yield (
            f'<circle cx="{_x(ratio, results):.1f}" cy="{y:.1f}" r="{RADIUS}" '
            'fill="#2563eb" fill-opacity="0.45"/>'
        )
    mean = _x(statistics.mean(ratios), results)
    yield (
        f'<line x1="{mean:.1f}" y1="{middle - 14}" x2="{mean:.1f}" y2="{middle + 14}" '
        'stroke="#b91c1c" stroke-width="2"/>'
    )


def _x(ratio: float, results: Sequence[Result]) -> float:
    """A logarithmic scale from 1 to the worst."""
    worst = max(2.0, *(result.ratio for result in results)) * 1.05
    return LEFT + (WIDTH - LEFT - 20) * math.log(max(1.0, ratio)) / math.log(worst)
