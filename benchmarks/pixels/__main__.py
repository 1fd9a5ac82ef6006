"""`make bench-engine`: DPIP's engine beside Pillow, pyvips, GraphicsMagick and ImageMagick."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import corpus
from benchmarks.pixels import looks, report, tasks
from benchmarks.pixels.ways import ENVIRONMENT, all_ways

_ROOT = Path(__file__).resolve().parents[2]
_GUESTS = _ROOT / ".venv-bench" / "bin" / "python"  # where `make rivals` put pyvips
_FAR_BEHIND = 4  # times as slow as the first
_SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


@dataclass(frozen=True, slots=True)
class Options:
    count: int
    largest: float
    runs: int
    passes: int
    cores: int
    tasks: list[str]
    formats: list[str]
    ways: list[str]


def main() -> None:
    options, out = _options()
    with tempfile.TemporaryDirectory(prefix="dpip-pixels-") as folder:
        rows = _rows(options, Path(folder))
    megapixels = sum(_sizes(options)) / options.count
    out.mkdir(parents=True, exist_ok=True)
    report.write(rows, out, options.count, megapixels, options.runs, options.cores)
    print(report.table(rows))


def _options() -> tuple[Options, Path]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=8, help="photographs")
    parser.add_argument("--largest", type=float, default=12.0, help="megapixels; the smallest has a quarter")
    parser.add_argument("--runs", type=int, default=3, help="of each, interleaved")
    parser.add_argument("--passes", type=int, default=3, help="of all photographs in a run")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tasks", nargs="*", default=list(tasks.TASKS), choices=tasks.TASKS)
    parser.add_argument("--formats", nargs="*", default=list(_SUFFIXES), choices=list(_SUFFIXES))
    parser.add_argument("--ways", nargs="*", default=list(all_ways()), choices=list(all_ways()))
    parser.add_argument("--out", type=Path, default=_ROOT / "benchmarks" / "out")
    found = parser.parse_args()
    return Options(
        found.count,
        found.largest,
        found.runs,
        found.passes,
        found.cores,
        found.tasks,
        found.formats,
        found.ways,
    ), found.out


def _sizes(options: Options) -> list[float]:
    step = 0.75 * options.largest / max(options.count - 1, 1)
    return [options.largest / 4 + step * number for number in range(options.count)]


def _rows(options: Options, folder: Path) -> list[report.Row]:
    found = []
    for form in options.formats:
        sources = []
        for number, megapixels in enumerate(_sizes(options)):
            source = folder / f"photograph-{number}{_SUFFIXES[form]}"
            source.write_bytes(corpus.encode(corpus.photograph(number, megapixels), form))
            sources.append(source)
        for task in options.tasks:
            found.append(_row(options, form, task, sources, folder))
            print(report.line(found[-1]), file=sys.stderr, flush=True)
    return found


def _row(options: Options, form: str, task: str, sources: list[Path], folder: Path) -> report.Row:
    """Interleaved, so that what else the machine does meets all of them."""
    seconds: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    peaks: dict[str, float] = {}
    cells: dict[str, report.Cell] = {}
    missing: set[str] = set()
    for _ in range(options.runs):
        for name in options.ways:
            if name in missing or _is_out(seconds, name):
                continue
            out = Path(tempfile.mkdtemp(dir=folder))
            measured = _measured(name, task, options, out, sources)
            if measured is None:
                missing.add(name)
                continue
            seconds[name].append(measured["seconds"])
            cpu[name].append(measured["cpu_s"])
            peaks[name] = max(peaks.get(name, 0.0), measured["peak_bytes"])
            first = out / (f"0-{sources[0].stem}" + tasks.target_suffix(sources[0].suffix, task))
            cells[name] = report.Cell(
                per_second=options.passes * len(sources) / statistics.median(seconds[name]),
                cpu_ms=1000 * statistics.median(cpu[name]) / (options.passes * len(sources)),
                peak_mb=peaks[name] / 1e6,
                result_mb=measured["result_bytes"] / 1e6 / options.passes,
                psnr_db=looks.psnr(sources[0], first, task),
            )
            for file in out.iterdir():
                file.unlink()
    return report.Row(form, tasks.title(sources[0].suffix, task), cells)


def _is_out(seconds: Mapping[str, list[float]], name: str) -> bool:
    """One run of what is far behind will do."""
    return name in seconds and seconds[name][0] > _FAR_BEHIND * min(runs[0] for runs in seconds.values())


def _measured(
    name: str, task: str, options: Options, out: Path, sources: list[Path]
) -> dict[str, float] | None:
    python = str(_GUESTS) if name == "vips" and _GUESTS.exists() else sys.executable
    cores, passes = str(options.cores), str(options.passes)
    done = subprocess.run(
        [python, "-m", "benchmarks.pixels.worker", name, task, cores, passes, out, *sources],
        cwd=_ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{name} cannot take part: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


main()
