"""`make soak`: so many images, and what every process holds meanwhile, as a plot.

Exit status 1 when one of them grows: by a straight line through its memory after the first third of the time.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.svg import Series, lines
from tests.soak.memory import EVERY_S, Trend, Watch, trend
from tests.soak.work import Work
from tests.system.system import System


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--images", type=int, default=36_000, help="ten in each second of an hour")
    parser.add_argument("--minutes", type=float, default=60.0, help="it ends then at the latest")
    parser.add_argument("--plot", type=Path, default=Path("soak.svg"), help="where the plot goes")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    done, trends = soak(given.minutes * 60, given.plot, given.images)
    print(f"{done:,} images in {(time.monotonic() - began) / 60:.1f} minutes; plot: {given.plot}\n")
    print("| process | MiB (mean) | grown after the first third | allowed | |\n|---|---|---|---|---|")
    for one in trends:
        verdict = "flat" if one.flat else "GROWS"
        print(
            f"| {one.role} | {one.mean_mib:.0f} | {one.grown_mib:+.1f} | {one.allowed_mib:.0f} | {verdict} |"
        )
    return 0 if all(one.flat for one in trends) else 1


def soak(seconds: float, plot: Path, images: int, every_s: float = EVERY_S) -> tuple[int, list[Trend]]:
    """How many images were filtered, and the trend of each kind of process."""
    with tempfile.TemporaryDirectory(prefix="dpip-soak-") as folder:
        system = System(Path(folder))
        try:
            with contextlib.closing(system.ready()) as client:
                watch = Watch(psutil.Process(system.up.pid), every_s)
                until = time.monotonic() + seconds
                try:
                    done = Work(client, lambda done: done >= images or time.monotonic() >= until).run()
                finally:
                    seen = watch.stop()
        finally:
            system.stop()
    series = [Series(role, points=points) for role, points in sorted(seen.items())]
    plot.write_text(lines(f"{done:,} images", series, "minutes", "MiB resident"))
    return done, [trend(role, points) for role, points in sorted(seen.items()) if len(points) > 2]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
