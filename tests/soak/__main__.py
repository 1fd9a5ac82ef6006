"""`make soak`: images for so many minutes, and what every process holds meanwhile, as a plot.

Exit status 1 when one of them grows: by a straight line through its memory after the first third of the time.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.svg import Series, lines
from tests.pictures import encode, photograph
from tests.soak.memory import Trend, Watch, trend
from tests.system.client import Client
from tests.system.system import System, eventually

PICTURES = 12  # that are uploaded again and again
MEGAPIXELS = 0.3
MOST_WAITING = 60  # jobs; uploads wait for them then
KEPT_WORKLOADS = 2  # of 200 images; older ones are deleted, so that the database stays as it is
IMAGES_EACH = 200


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--plot", type=Path, default=Path("soak.svg"), help="where the plot goes")
    given = parser.parse_args(arguments)
    done, trends = soak(given.minutes * 60, given.plot)
    print(f"{done:,} images in {given.minutes:g} minutes; plot: {given.plot}\n")
    print("| process | MiB (mean) | MiB per hour | |\n|---|---|---|---|")
    for one in trends:
        verdict = "flat" if one.flat else "GROWS"
        print(f"| {one.role} | {one.mean_mib:.0f} | {one.mib_per_hour:+.1f} | {verdict} |")
    return 0 if all(one.flat for one in trends) else 1


def soak(seconds: float, plot: Path) -> tuple[int, list[Trend]]:
    """How many images were filtered, and the trend of each kind of process."""
    with tempfile.TemporaryDirectory(prefix="dpip-soak-") as folder:
        system = System(Path(folder))
        try:
            with contextlib.closing(system.ready()) as client:
                watch = Watch(psutil.Process(system.up.pid))
                try:
                    done = _work(client, time.monotonic() + seconds)
                finally:
                    seen = watch.stop()
        finally:
            system.stop()
    series = [Series(role, points=points) for role, points in sorted(seen.items())]
    plot.write_text(lines(f"{done:,} images", series, "minutes", "MiB resident"))
    return done, [trend(role, points) for role, points in sorted(seen.items()) if len(points) > 2]


def _work(client: Client, until: float) -> int:
    kinds = itertools.cycle(["jpeg", "png"])
    pictures = [encode(photograph(seed, MEGAPIXELS), next(kinds)) for seed in range(PICTURES)]
    kept: list[str] = []
    done = 0
    while time.monotonic() < until:
        workload_id = client.create(f"soak {done}", "blur:sigma=2|grayscale")
        kept.append(workload_id)
        for number in range(IMAGES_EACH):
            client.upload(workload_id, f"{number}.img", pictures[number % PICTURES])
            if number % MOST_WAITING == MOST_WAITING - 1:
                _wait_until_fewer(client, workload_id)
            done += 1
            if time.monotonic() >= until:
                break
        if len(kept) > KEPT_WORKLOADS:
            client.ask("DELETE", f"/workloads/{kept.pop(0)}")
    client.wait(kept[-1])
    return done


def _wait_until_fewer(client: Client, workload_id: str) -> None:
    half = MOST_WAITING / 2
    eventually(lambda: client.workload(workload_id)["running_jobs"] < half, "half of the jobs done", 300)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
