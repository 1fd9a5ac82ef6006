"""The engine benchmark's figures as a Markdown table and a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.pixels.ways import all_ways

_NEAR = 0.95  # of the first
_WIDTH, _BAR, _GAP, _LEFT, _ROOM = 900, 11, 14, 230, 70
_FONT = 'font-family="sans-serif" font-size="11"'
_COLOURS = ("#1b6ca8", "#d1495b", "#6a994e", "#edae49", "#7b4b94")


@dataclass(frozen=True, slots=True)
class Cell:
    per_second: float  # images
    cpu_ms: float  # for an image
    peak_mb: float  # memory of all its processes
    result_mb: float
    psnr_db: float  # beside the same done in floating point


@dataclass(frozen=True, slots=True)
class Row:
    form: str
    task: str
    cells: Mapping[str, Cell]  # by way

    @property
    def standing(self) -> float:
        """DPIP's speed by that of the quickest other."""
        return self._beside_best(lambda cell: cell.per_second)

    @property
    def thrift(self) -> float:
        """The same of images per second of CPU: what a busy machine tells more truly."""
        return self._beside_best(lambda cell: 1 / cell.cpu_ms)

    def _beside_best(self, merit: Callable[[Cell], float]) -> float:
        others = [merit(cell) for name, cell in self.cells.items() if name != "dpip"]
        return merit(self.cells["dpip"]) / max(others) if others else float("inf")


def line(row: Row) -> str:
    cells = ", ".join(
        f"{name} {cell.per_second:.1f}/s {cell.cpu_ms:.0f} ms" for name, cell in row.cells.items()
    )
    return f"{row.form} {row.task}: {cells}; DPIP stands at {row.standing:.2f}, by CPU {row.thrift:.2f}"


def table(rows: Sequence[Row]) -> str:
    names = [name for name in all_ways() if any(name in row.cells for row in rows)]
    titles = [all_ways()[name].title for name in names]
    lines = [
        "| input | task | " + " | ".join(titles) + " | DPIP by best other: time | CPU |",
        "|---|---|" + "---:|" * (len(names) + 2),
    ]
    for row in rows:
        cells = [_cell(row.cells.get(name)) for name in names]
        cells += [
            f"**{merit:.2f}**" if merit >= _NEAR else f"{merit:.2f}" for merit in (row.standing, row.thrift)
        ]
        lines.append(f"| {row.form} | {row.task} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    quality = "exact" if cell.psnr_db == float("inf") else f"{cell.psnr_db:.0f} dB"
    return (
        f"{cell.per_second:.1f}/s, {cell.cpu_ms:.0f} ms, {cell.peak_mb:.0f} MB; "
        f"{cell.result_mb:.1f} MB, {quality}"
    )


def write(rows: Sequence[Row], folder: Path, count: int, megapixels: float, runs: int, cores: int) -> None:
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    about = (
        f"{count} photographs of {megapixels:.1f} megapixels on average, {cores} cores, medians of {runs} "
        f"interleaved runs, load before {os.getloadavg()[0]:.1f}; {platform.machine()}, Python "
        f"{platform.python_version()}, {when}.\n\nEach cell: images per second, CPU time for one, peak "
        "memory of all processes; size of all results, PSNR of the first beside the same done in "
        "floating point.\n"
    )
    (folder / "engine.md").write_text(f"{about}\n{table(rows)}\n")
    (folder / "engine.svg").write_text(plot(rows))


def plot(rows: Sequence[Row]) -> str:
    """Bars to the right: each row's images per second of CPU time, by its thriftiest."""
    names = [name for name in all_ways() if any(name in row.cells for row in rows)]
    height = 60 + len(rows) * (len(names) * _BAR + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        (
            '<text x="10" y="18" font-size="15" font-weight="bold">'
            "Images per second of CPU time, by the thriftiest</text>"
        ),
    ]
    for place, name in enumerate(names):
        x = 10 + place * 150
        parts.append(f'<rect x="{x}" y="28" width="11" height="11" fill="{_COLOURS[place]}"/>')
        parts.append(f'<text x="{x + 16}" y="38">{all_ways()[name].title}</text>')
    y = 56
    for row in rows:
        best = min(cell.cpu_ms for cell in row.cells.values())
        parts.append(f'<text x="10" y="{y + _BAR}">{row.form}: {row.task}</text>')
        for place, name in enumerate(names):
            cell = row.cells.get(name)
            if cell is not None:
                width = (_WIDTH - _LEFT - _ROOM) * best / cell.cpu_ms
                parts.append(
                    f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR - 2}" '
                    f'fill="{_COLOURS[place]}"/>'
                )
                parts.append(f'<text x="{_LEFT + width + 4:.1f}" y="{y + 9}">{1000 / cell.cpu_ms:.1f}</text>')
            y += _BAR
        y += _GAP
    return "\n".join([*parts, "</svg>\n"])
