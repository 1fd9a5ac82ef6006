"""The benchmark's figures as tables: on the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import GROUPS, Run

_PACKAGES = ("ray", "opencv-python-headless", "flask", "sqlalchemy", "pynng")


@dataclass(frozen=True, slots=True)
class Case:
    """One set of pictures and one filter: what it took, run by run."""

    pictures: str
    filter: str
    megapixels: float  # of all pictures together
    dpip: Sequence[Run]
    bare: Sequence[Run]

    def median(self, runs: Sequence[Run]) -> Run:
        """The run of median speed: its parts belong together."""
        return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]

    @property
    def ratio(self) -> float:
        """Images per second of DPIP to those of the loop, each beside the other in time; the median."""
        pairs = zip(self.dpip, self.bare, strict=True)
        return statistics.median(ours.per_second / theirs.per_second for ours, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Report:
    cases: Sequence[Case]
    ready_s: float
    idle_percent: Mapping[str, float]  # of one core, by group
    memory_mb: Mapping[str, float]
    options: Mapping[str, object]
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])


Rows = list[list[str]]


def tables(report: Report) -> list[tuple[str, Rows]]:
    """Title and rows; the first row is the heading."""
    return [
        ("Images per second, end to end", _speed(report.cases)),
        ("CPU milliseconds per image, by process", _cpu(report.cases)),
        ("Wall-clock milliseconds per image: where a job's time goes", _parts(report.cases)),
        ("At rest", _rest(report)),
    ]


def _speed(cases: Sequence[Case]) -> Rows:
    rows = [["pictures", "filter", "DPIP", "bare loop", "ratio", "DPIP MP/s", "CPU-ms", "bare CPU-ms"]]
    for case in cases:
        ours, theirs = case.median(case.dpip), case.median(case.bare)
        rows.append(
            [
                case.pictures,
                case.filter,
                f"{ours.per_second:.1f}",
                f"{theirs.per_second:.1f}",
                f"{case.ratio:.2f}",
                f"{case.megapixels / ours.seconds:.0f}",
                f"{ours.cpu_ms_in_all:.1f}",
                f"{theirs.cpu_ms_in_all:.1f}",
            ]
        )
    return rows


def _cpu(cases: Sequence[Case]) -> Rows:
    medians = [case.median(case.dpip) for case in cases]
    rows = [[group, *(f"{run.cpu_ms[group]:.1f}" for run in medians)] for group in GROUPS]
    return [_heading(cases), *rows, ["in all", *(f"{run.cpu_ms_in_all:.1f}" for run in medians)]]


def _parts(cases: Sequence[Case]) -> Rows:
    medians = [case.median(case.dpip).parts for case in cases]
    return [_heading(cases), *([name, *(f"{parts[name]:.1f}" for parts in medians)] for name in medians[0])]


def _heading(cases: Sequence[Case]) -> list[str]:
    return ["", *(f"{case.pictures}, {case.filter}" for case in cases)]


def _rest(report: Report) -> Rows:
    idle, memory = report.idle_percent, report.memory_mb
    rows = [[group, f"{idle[group]:.2f}", f"{memory[group]:.0f}"] for group in GROUPS[1:]]
    totals = ["in all", f"{sum(idle.values()):.2f}", f"{sum(memory.values()):.0f}"]
    return [["", "CPU, % of one core", "memory (USS), MB"], *rows, totals]


def machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}, {packages}"


def show(report: Report, console: Console) -> None:
    for title, (heading, *rows) in tables(report):
        table = Table(title=title, title_justify="left", title_style="bold")
        for number, name in enumerate(heading):
            left = number == 0 or (number == 1 and bool(heading[0]))
            table.add_column(name, justify="left" if left else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(f"ready after {report.ready_s:.1f} s; load before: {report.load_before:.1f}; {machine()}")


def write(report: Report, folder: Path) -> None:
    """`end_to_end.md` and `end_to_end.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = [
        "# End to end, beside a bare OpenCV loop",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {machine()}.",
    ]
    text += [f"Load before: {report.load_before:.1f}. Ready after {report.ready_s:.1f} s.", ""]
    for title, (heading, *rows) in tables(report):
        text += [f"## {title}", "", _line(heading), _line(["---"] * len(heading)), *map(_line, rows), ""]
    (folder / "end_to_end.md").write_text("\n".join(text))
    values = {"machine": machine(), "at": datetime.now(UTC).isoformat(), **asdict(report)}
    (folder / "end_to_end.json").write_text(json.dumps(values, indent=1))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
