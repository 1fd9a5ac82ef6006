"""What a run found, for people (Markdown) and for programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.recovery import Row
from tests.chaos.stock import Stock


@dataclass(frozen=True)
class Run:
    command: str
    seed: int
    seconds: float
    machine: str
    uploads: int
    rows: Sequence[Row]
    stock: Stock
    swept: int
    missing: Sequence[str]  # what could not be tried here
    starts_refused: int
    violations: Sequence[str]

    @property
    def faults(self) -> int:
        return sum(row.count for row in self.rows)


def markdown(run: Run) -> str:
    stock = run.stock
    failures = ", ".join(f"{kind} {count}" for kind, count in sorted(stock.failures.items())) or "none"
    again = sum(count for attempts, count in stock.attempts.items() if attempts > 1)
    lines = [
        f"`{run.command}` on {run.machine}: {run.seconds / 60:.1f} minutes, seed {run.seed}.",
        "",
        f"- {run.uploads:,} pictures sent, {stock.answered:,} answered with 201, {stock.deleted:,} deleted",
        f"- {stock.unanswered_kept:,} were kept whose answer got lost (bulk uploads are not repeated)",
        f"- {stock.kept:,} are there: {stock.results:,} with the right result",
        f"- of these, {stock.same_pixels:,} have other bytes than the engine makes here, and the same pixels",
        f"- {stock.refused:,} broken ones failed with their reason",
        f"- {again:,} jobs took more than one attempt; the most were {max(stock.attempts, default=0)}",
        f"- whole pictures that had failed for a passing reason, and were replayed: {failures}",
        f"- {run.faults:,} faults; {run.swept:,} files of no row were swept up at the end",
        f"- start commands that were refused at first: {run.starts_refused}",
        f"- **violations: {len(run.violations)}**",
        "",
        "| fault | count | next upload accepted: p50 | max | next job done: p50 | max |",
        "|---|---|---|---|---|---|",
    ]
    for row in run.rows:
        times = (row.upload_p50, row.upload_max, row.job_p50, row.job_max)
        cells = " | ".join("-" if value is None else f"{value:.1f} s" for value in times)
        lines.append(f"| {row.kind} | {row.count} | {cells} |")
    lines += ["", *(f"Not tried: {words}" for words in run.missing)]
    lines += [f"VIOLATION: {words}" for words in run.violations[:50]]
    return "\n".join(lines).rstrip() + "\n"


def write(run: Run, folder: Path) -> None:
    (folder / "report.md").write_text(markdown(run))
    (folder / "report.json").write_text(json.dumps(asdict(run), indent=1))
