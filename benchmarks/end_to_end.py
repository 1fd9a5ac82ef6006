"""`make bench`: a freshly started system on 720p frames and photographs, beside a bare OpenCV loop.

Both go through the same pictures in turns, in the same run, on the same cores; medians over the repeats.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import bare, corpus, report, through_dpip
from benchmarks.corpus import Picture
from benchmarks.measuring import GROUPS, Watched, spent_ms, used_memory
from tests.system.client import Client
from tests.system.system import System

OUT = Path(__file__).resolve().parent / "out"
WARM_UP = 4  # images per set and filter, whose time is not counted


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="end_to_end", description=__doc__)
    add = parser.add_argument
    add("--frames", type=int, default=130, help="PNG frames of 1280 x 720")
    add("--photographs", type=int, default=30, help="JPEG photographs of 3 to 24 megapixels")
    add("--filters", default="grayscale,blur", help="separated by commas")
    add("--repeats", type=int, default=3)
    add("--workers", type=int, default=2)
    add("--threads", type=int, default=4, help="uploads at the same time")
    add("--idle-s", type=float, default=10.0, help="how long the idle system is watched")
    add("--short", action="store_true", help="26 frames, 6 photographs, once")
    add("--out", type=Path, default=OUT, help="folder for the Markdown and JSON")
    chosen = parser.parse_args(arguments)
    if chosen.short:
        chosen.frames, chosen.photographs, chosen.repeats, chosen.idle_s = 26, 6, 1, 3.0
    return chosen


def main(arguments: Sequence[str]) -> int:
    chosen = options(arguments)
    console = Console(highlight=False)
    console.print("making the pictures")
    sets = {
        f"{chosen.frames} frames": list(corpus.frames(chosen.frames)) if chosen.frames else [],
        f"{chosen.photographs} photographs": list(corpus.photographs(chosen.photographs)),
    }
    with tempfile.TemporaryDirectory(prefix="dpip-bench-") as folder:
        began = time.monotonic()
        system = System(Path(folder), workers=chosen.workers)
        try:
            client = system.ready()
            ready_s = time.monotonic() - began
            console.print(f"a fresh system is ready after {ready_s:.1f} s")
            figures = measure(chosen, console, system, client, sets, ready_s)
            client.close()
        finally:
            system.stop()
    report.show(figures, console)
    report.write(figures, chosen.out)
    console.print(f"written to {chosen.out}")
    return 0


def measure(
    chosen: argparse.Namespace,
    console: Console,
    system: System,
    client: Client,
    sets: dict[str, list[Picture]],
    ready_s: float,
) -> report.Report:
    watched = Watched(system.up.pid)
    idle = _idle(watched, chosen.idle_s)
    cases = []
    for name, pictures in sets.items():
        for filter_name in chosen.filters.split(",") if pictures else []:
            through_dpip.run(client, watched, pictures[:WARM_UP], filter_name, chosen.threads)
            bare.run(pictures[:WARM_UP], filter_name)
            ours, theirs = [], []
            for number in range(chosen.repeats):
                theirs.append(bare.run(pictures, filter_name))
                ours.append(through_dpip.run(client, watched, pictures, filter_name, chosen.threads))
                console.print(
                    f"{name}, {filter_name}, {number + 1} of {chosen.repeats}: "
                    f"{ours[-1].per_second:.1f} images/s, bare loop {theirs[-1].per_second:.1f}"
                )
            size = sum(picture.megapixels for picture in pictures)
            cases.append(report.Case(name, filter_name, size, ours, theirs))
    memory = used_memory(system.up.pid)
    shown = {key: str(value) if isinstance(value, Path) else value for key, value in vars(chosen).items()}
    return report.Report(cases, ready_s, idle, memory, shown)


def _idle(watched: Watched, seconds: float) -> dict[str, float]:
    """CPU in per cent of one core that the system uses when nobody asks anything of it."""
    before = watched.snapshot()
    time.sleep(seconds)
    spent = spent_ms(before, watched.snapshot())
    return {group: spent[group] / seconds / 10 for group in GROUPS}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
