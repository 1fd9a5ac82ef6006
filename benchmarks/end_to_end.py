"""`make bench`: DPIP beside a bare OpenCV loop and beside others, on the same pictures and cores.

Sequential, parallel and distributed; images per second, CPU time by part, memory, speed-up, break-even,
latency and the cost of an idle system. The report goes to benchmarks/out. `make rivals` installs the others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import at_rest, report
from benchmarks.contest import Plan, hold
from benchmarks.guest import CannotTakePart, Failed
from benchmarks.machine import cores, load
from benchmarks.picture_sets import PictureSet, picture_set
from benchmarks.rivals.catalogue import BARE, DPIP, ENTRIES
from benchmarks.scaling import break_even, speed_ups

OUT = Path(__file__).resolve().parent / "out"
_SETS = "photographs=30,frames=130,small=500,small=5000"
_SHORT_SETS = "photographs=6,frames=16,small=200"
_PARTS = "contest,scaling,rest"


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="end_to_end", description=__doc__)
    add = parser.add_argument
    add("--sets", default=_SETS, help="kinds of pictures and how many of each (default: %(default)s)")
    add("--filters", default="grayscale,blur", help="separated by commas")
    add("--contestants", default="", help=f"of {', '.join(ENTRIES)} (default: all; the bare loop always)")
    add("--repeats", type=int, default=3)
    add("--patience", type=int, default=2, help="times as many runs as repeats, to find undisturbed ones")
    add("--parts", default=_PARTS, help="what to measure (default: %(default)s)")
    add("--idle-s", type=float, default=20.0, help="how long the idle system is watched")
    add("--uploads", type=int, default=200, help="pictures of the latency probe")
    add("--upload-mb", type=int, default=1000, help="how much is uploaded while the API's memory is watched")
    add("--short", action="store_true", help="under a minute: few pictures, DPIP and the bare loop alone")
    add("--out", type=Path, default=OUT, help="folder of the report")
    chosen = parser.parse_args(arguments)
    if chosen.short:
        chosen.sets, chosen.parts = _SHORT_SETS, "contest"
        chosen.contestants = chosen.contestants or DPIP
    return chosen


def main(arguments: Sequence[str]) -> int:
    chosen = options(arguments)
    found = report.Report(options=vars(chosen))
    _say("the pictures are made once, and kept")
    sets = _sets(chosen.sets)
    try:
        _measure(found, sets, chosen)
    except KeyboardInterrupt:
        _say("cut off: the report holds what was measured before")
    found.load_after = load()
    target = report.write(found, chosen.out)
    sys.stdout.write(target.read_text())
    _say(f"written to {target}")
    return 0 if DPIP not in found.contest.absent else 1


def _measure(found: report.Report, sets: Sequence[PictureSet], chosen: argparse.Namespace) -> None:
    parts = chosen.parts.split(",")
    if "contest" in parts:
        others = [name for name in ENTRIES if name != BARE]
        names = chosen.contestants.split(",") if chosen.contestants else others
        filters = chosen.filters.split(",")
        plan = Plan(names, sets, filters, chosen.repeats, chosen.patience, cores(), _say)
        hold(plan, found.contest)
    if "scaling" in parts:
        _scale(found, sets[0], chosen)
    if "rest" in parts:
        found.at_rest = at_rest.measure(chosen.idle_s, chosen.uploads, chosen.upload_mb, _say)


def _scale(found: report.Report, pictures: PictureSet, chosen: argparse.Namespace) -> None:
    filter_name = chosen.filters.split(",")[-1]
    for kind in ("dpip-workers", "dpip-hosts"):
        try:
            found.scaling += speed_ups(kind, pictures, filter_name, cores(), chosen.repeats, _say)
        except (CannotTakePart, Failed) as error:
            found.skipped[f"speed-up: {kind}"] = str(error)
    found.break_even = break_even(pictures, filter_name, cores(), chosen.repeats, _say)


def _sets(text: str) -> list[PictureSet]:
    pairs = (item.partition("=") for item in text.split(","))
    return [picture_set(kind, int(count)) for kind, _, count in pairs]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
